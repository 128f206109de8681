/** Associated token accounts, and making them. */

import {
    AccountRole,
    type Address,
    type Instruction,
    type TransactionSigner,
    address,
    getAddressEncoder,
    getProgramDerivedAddress,
} from '@solana/kit';

const TOKEN = address('TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA');
const ASSOCIATED = address('ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL');
const SYSTEM = address('11111111111111111111111111111111');
/** Makes the account, or does nothing where it is there. */
const CREATE_IDEMPOTENT = 1;

/** Where somebody keeps tokens of a mint. */
export async function tokenAccountOf(owner: Address, mint: Address): Promise<Address> {
    const seeds = [owner, TOKEN, mint].map((part) => getAddressEncoder().encode(part));
    return (await getProgramDerivedAddress({ programAddress: ASSOCIATED, seeds }))[0];
}

/** The instruction that makes somebody's token account, if it is missing. */
export async function creates(owner: TransactionSigner, mint: Address): Promise<Instruction> {
    const accounts = [
        { address: owner.address, role: AccountRole.WRITABLE_SIGNER, signer: owner },
        { address: await tokenAccountOf(owner.address, mint), role: AccountRole.WRITABLE },
        ...[owner.address, mint, SYSTEM, TOKEN].map((at) => ({ address: at, role: AccountRole.READONLY })),
    ];
    return { programAddress: ASSOCIATED, accounts, data: Uint8Array.of(CREATE_IDEMPOTENT) };
}
