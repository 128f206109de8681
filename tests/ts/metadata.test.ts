import { readFileSync } from 'node:fs';

import * as metadata from '@solana-program/program-metadata';
import { type Address, type Instruction, type TransactionSigner, getAddressDecoder, isSignerRole, isWritableRole } from '@solana/kit';
import { HOLDFAST_PROGRAM_ADDRESS as program } from '@holdfast/client';
import { expect, test } from 'vitest';

// What migrations send Solana's program-metadata program, and read of it, is what its own client does.

interface Compared {
  address: Address;
  instructions: {
    name: string;
    following: { address: Address; signer: boolean; writable: boolean }[];
    data: string;
  }[];
  account: string;
  content: string;
}

const compared = JSON.parse(readFileSync(new URL('metadata.json', import.meta.url), 'utf8')) as Compared;
const account = compared.address;

const key = (number: number): Address => getAddressDecoder().decode(new Uint8Array(32).fill(number));
/** Somebody who signs; nothing is sent. */
const signer = (number: number): TransactionSigner => ({
  address: key(number),
  signTransactions: () => Promise.reject(new Error('nothing is sent')),
});

const built = async (): Promise<Record<string, Instruction>> => {
  const [authority, buffer] = [signer(1), signer(2)];
  const [programData] = await metadata.getProgramDataPda(program);
  const own = { authority, program, programData };
  const form = {
    encoding: metadata.Encoding.Utf8,
    compression: metadata.Compression.Zlib,
    format: metadata.Format.Json,
    dataSource: metadata.DataSource.Direct,
  };
  return {
    allocate: metadata.getAllocateInstruction({ buffer: account, seed: 'idl', ...own }),
    allocateBuffer: metadata.getAllocateInstruction({ buffer: buffer.address, authority: buffer }),
    extend: metadata.getExtendInstruction({ account, length: 10_240, ...own }),
    extendBuffer: metadata.getExtendInstruction({ account: buffer.address, authority, length: 700 }),
    write: metadata.getWriteInstruction({ buffer: account, authority, offset: 900, data: new Uint8Array([1, 2, 3]) }),
    initialize: metadata.getInitializeInstruction({
      metadata: account, seed: 'idl', system: metadata.PROGRAM_METADATA_PROGRAM_ADDRESS, ...own, ...form,
    }),
    setAuthority: metadata.getSetAuthorityInstruction({ account, newAuthority: key(3), ...own }),
    setBufferAuthority: metadata.getSetAuthorityInstruction({
      account: buffer.address, authority: buffer, newAuthority: authority.address,
    }),
    setData: metadata.getSetDataInstruction({ metadata: account, buffer: buffer.address, ...own, ...form }),
    trim: metadata.getTrimInstruction({ account, destination: key(4), ...own }),
    close: metadata.getCloseInstruction({ account, destination: key(4), ...own }),
    closeBuffer: metadata.getCloseInstruction({ account: buffer.address, authority, destination: key(4) }),
  };
};

test('the address is the one that clients look for', async () => {
  const [address] = await metadata.findCanonicalPda({ program, seed: 'idl' });
  expect(account).toBe(address);
});

test('every instruction is the one that its own client builds', async () => {
  const theirs = await built();
  expect(compared.instructions.map(({ name }) => name)).toEqual(Object.keys(theirs));
  for (const { name, following, data } of compared.instructions) {
    const { programAddress, accounts, data: bytes } = theirs[name]!;
    expect(programAddress).toBe(metadata.PROGRAM_METADATA_PROGRAM_ADDRESS);
    const metas = accounts!.map(({ address, role }) => ({
      address, signer: isSignerRole(role), writable: isWritableRole(role),
    }));
    expect(following, name).toEqual(metas);
    expect(data, name).toBe(Buffer.from(bytes!).toString('hex'));
  }
});

test('an account is read as its own client reads it', () => {
  const bytes = (hex: string) => new Uint8Array(Buffer.from(hex, 'hex'));
  const read = metadata.getMetadataDecoder().decode(bytes(compared.account));
  expect(read).toMatchObject({
    program, authority: { value: key(1) }, mutable: true, canonical: true, seed: 'idl',
    encoding: metadata.Encoding.Utf8, compression: metadata.Compression.Zlib,
    format: metadata.Format.Json, dataSource: metadata.DataSource.Direct, dataLength: 10,
  });
  expect(new Uint8Array(read.data)).toEqual(bytes(compared.content));
  expect(metadata.unpackDirectData(read)).toBe('{}');
});
