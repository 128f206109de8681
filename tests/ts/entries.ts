// Every entry of the packages that a front end imports: `tsc` reads what they declare as strictly as it
// can, and no module of them is left out.
export * as client from '@holdfast/client';
export * as anchor from '@holdfast/client/anchor';
export * as slotstall from 'slotstall';
export * as litesvm from 'slotstall/litesvm';
export * as mocha from 'slotstall/mocha';
export * as vitest from 'slotstall/vitest';
