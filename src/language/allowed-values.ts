/** What an option may be; the catalogues say it in words. */
export type AllowedValues =
  | { readonly type: 'number'; readonly min: number; readonly max: number; readonly whole: boolean }
  /** Any of these names. */
  | { readonly type: 'names'; readonly names: string }
  | { readonly type: 'yes-or-no' }
  /** Words for what to avoid, or for what a picture shows. */
  | { readonly type: 'avoided-words' | 'source-words' }
  | { readonly type: 'size'; readonly min: number; readonly max: number }
  /** Width to height from 1:`most` to `most`:1. */
  | { readonly type: 'ratio'; readonly most: number }
  /** How far a side moves out. */
  | { readonly type: 'amount' }
  | { readonly type: 'loras' | 'weights' | 'mask' | 'boxes' | 'cells' | 'scale' | 'steps' }
