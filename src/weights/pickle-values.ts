/** What a reader of pickles builds, and what it asks of its host. */

/** A name of a Python class or function as it stands in a pickle: a word, never the thing. */
export class PickleGlobal {
  readonly name: string
  constructor(name: string) {
    this.name = name
  }
}

export class PickleTuple {
  readonly items: readonly PickleValue[]
  constructor(items: readonly PickleValue[]) {
    this.items = items
  }
}

/** What the host made of a call or a persistent id. */
export interface PickleObject {
  readonly kind: string
}

export type PickleDict = Map<PickleValue, PickleValue>

export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | PickleGlobal
  | PickleTuple
  | PickleValue[]
  | PickleDict
  | PickleObject

/** Decides what names a pickle may say and what they stand for; throws for all others. */
export interface PickleHost {
  /** A name was read. */
  global(name: string): PickleGlobal
  /** A name is applied to arguments. */
  call(callee: PickleGlobal, args: readonly PickleValue[]): PickleValue
  /** A value that is kept outside of the pickle. */
  persistent(id: PickleValue): PickleValue
}

/** Why a pickle could not be read, without the file's name. */
export class PickleError extends Error {}
