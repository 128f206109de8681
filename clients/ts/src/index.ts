/**
 * Client of the Holdfast perpetuals venue for `@solana/kit`.
 *
 * What `clients/ts/scripts/generate.js` writes from the program's interface description (accounts,
 * instructions, addresses, types, errors), and what no generator knows: the accounts that follow an
 * instruction, orders from text, events, what to do about a refusal, margin by the venue's own rules,
 * and the state of the chain.
 *
 * @module
 */
export * from './chain.js';
export * from './decimal.js';
export * from './errors.js';
export * from './events.js';
export * from './generated/index.js';
export * from './orders.js';
export * from './risk.js';
export * from './venue.js';
