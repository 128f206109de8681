/** Wallets of the visitor's browser, through wallet-standard. */

import { SolanaSignTransaction, type SolanaSignTransactionFeature } from '@solana/wallet-standard-features';
import { type TransactionModifyingSigner, address, getTransactionDecoder, getTransactionEncoder } from '@solana/kit';
import type { IdentifierString, Wallet, WalletAccount } from '@wallet-standard/base';
import { getWallets } from '@wallet-standard/app';
import { StandardConnect, type StandardConnectFeature } from '@wallet-standard/features';
import { useEffect, useState } from 'react';

type Usable = Wallet & { features: SolanaSignTransactionFeature & StandardConnectFeature };

/** The wallets that can sign for Solana, as they come and go. */
export function useWallets(): readonly Usable[] {
    const [wallets, setWallets] = useState<readonly Usable[]>([]);
    useEffect(() => {
        const known = getWallets();
        const show = () => setWallets(known.get().filter(isUsable));
        show();
        const offs = [known.on('register', show), known.on('unregister', show)];
        return () => offs.forEach((off) => off());
    }, []);
    return wallets;
}

function isUsable(wallet: Wallet): wallet is Usable {
    return SolanaSignTransaction in wallet.features && StandardConnect in wallet.features;
}

/**
 * Asks a wallet for an account on a cluster.
 *
 * @throws Error when it has none there, or the visitor refuses.
 */
export async function connect(wallet: Usable, cluster: string): Promise<TransactionModifyingSigner> {
    const chain = `solana:${cluster}` as IdentifierString;
    const { accounts } = await wallet.features[StandardConnect].connect();
    const account = accounts.find(({ chains }) => chains.includes(chain));
    if (account === undefined) {
        throw new Error(`${wallet.name} has no account on ${cluster}: switch it to ${cluster} and connect again.`);
    }
    return signerOf(wallet, account, chain);
}

/** What a wallet returns may be another transaction than it was given: it may have set fees of its own. */
function signerOf(wallet: Usable, account: WalletAccount, chain: IdentifierString): TransactionModifyingSigner {
    return {
        address: address(account.address),
        modifyAndSignTransactions: async (transactions) => {
            const inputs = transactions.map((transaction) => ({
                account,
                chain,
                transaction: new Uint8Array(getTransactionEncoder().encode(transaction)),
            }));
            const outputs = await wallet.features[SolanaSignTransaction].signTransaction(...inputs);
            return outputs.map(({ signedTransaction }, at) => ({
                ...transactions[at],
                ...getTransactionDecoder().decode(signedTransaction),
            })) as unknown as Awaited<ReturnType<TransactionModifyingSigner['modifyAndSignTransactions']>>;
        },
    };
}
