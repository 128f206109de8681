/**
 * The program for `@anchor-lang/core`: `new Program<Holdfast>(IDL, provider)`.
 *
 * @module
 */
import { type Holdfast, IDL as described } from './generated/idl.js';

export type { Holdfast };

/** The interface description, as `idl/holdfast.json` has it. */
export const IDL = described as Holdfast;
