import { readFile } from 'node:fs/promises';

import anchor from '@anchor-lang/core';
import { IDL, type Holdfast } from '@holdfast/client/anchor';
import { useSlotstall } from 'slotstall/vitest';
import { beforeAll, expect, test } from 'vitest';
import { Venue } from './venue.js';

const { AnchorProvider, Program, Wallet, web3 } = anchor;

const cluster = useSlotstall({ anchor: '.' });
let venue: Venue;
let program: anchor.Program<Holdfast>;
beforeAll(async () => {
  venue = await Venue.open(cluster());
  const secret = JSON.parse(await readFile(cluster().wallet!, 'utf8')) as number[];
  const wallet = new Wallet(web3.Keypair.fromSecretKey(Uint8Array.from(secret)));
  const connection = new web3.Connection(cluster().url, 'confirmed');
  program = new Program<Holdfast>(IDL, new AnchorProvider(connection, wallet));
});

test('Anchor opens an account, reads it, and names what is refused', async () => {
  const owner = program.provider.publicKey!;
  const silo = new web3.PublicKey(venue.silo);
  const open = () => program.methods.openMarginAccount(3).accounts({ payer: owner, owner, silo });
  const { account } = await open().pubkeys();
  await open().rpc();
  const opened = await program.account.marginAccount.fetch(account!);
  expect(opened.owner.equals(owner)).toBe(true);
  await cluster().run(400);
  await expect(open().rpc()).rejects.toThrow('already in use');
  const close = program.methods.closeMarginAccount().accounts({ account: account! });
  await close.rpc();
  expect(await program.account.marginAccount.fetchNullable(account!)).toBeNull();
});
