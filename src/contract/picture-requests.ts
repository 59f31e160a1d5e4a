/** Samplers by the names that people use; src/schedulers/samplers.ts says what each is. */
export const samplerNames = [
  'ddim',
  'ddpm',
  'pndm',
  'euler',
  'euler-karras',
  'euler-a',
  'dpmpp-2m',
  'dpmpp-2m-karras',
  'dpmpp-2m-sde',
  'dpmpp-2m-sde-karras',
  'unipc',
  'lcm',
  'tcd',
] as const
export type SamplerName = (typeof samplerNames)[number]

/** An encoded picture (PNG, JPEG, WebP bytes). Recipes name it by its sha256. */
export type EncodedImage = Uint8Array

/** A LoRA by its name in a preset, or a file in the models folder, and how much of it is added (0 none, 1 whole). */
export interface LoraUse {
  readonly name: string
  readonly weight: number
}

/** A picture whose subject is to appear (IP-Adapter): scale 0 not at all, 1 as trained. */
export interface SubjectUse {
  readonly image: EncodedImage
  readonly scale?: number
}

/** A condition picture (ControlNet). */
export interface ControlUse {
  readonly image: EncodedImage
  /** `canny`: its edges are drawn first; `as-is`: it is the condition picture already. Default canny. */
  readonly preprocess?: 'canny' | 'as-is'
  /** How strongly it is followed; default 1. */
  readonly scale?: number
  /** Share of the steps at which it begins and ends to act; default 0 and 1. */
  readonly start?: number
  readonly end?: number
}

/** What every request that draws says. Absent settings come from the model's preset. */
export interface DrawingRequest {
  readonly prompt: string
  readonly negativePrompt?: string
  /** 0 .. 2^32-1. Picture i uses seed + i. */
  readonly seed: number
  readonly steps?: number
  readonly guidanceScale?: number
  readonly sampler?: SamplerName
  /** The picture model by its preset's name; default: the one in force for the role. */
  readonly model?: string
  readonly loras?: readonly LoraUse[]
  readonly subject?: SubjectUse
  readonly control?: ControlUse
  /** 1..4 */
  readonly count?: number
  /** Only the picture with this index of the request is drawn (for replaying one of several). */
  readonly onlyIndex?: number
  /** The person's words before refinement; goes into the recipe. */
  readonly wish?: string
  /** Send a small preview every few steps; default true. */
  readonly previews?: boolean
}

/** Draw `count` pictures of `prompt`. */
export interface TextToImageRequest extends DrawingRequest {
  readonly kind: 'text-to-image'
  readonly width?: number
  readonly height?: number
  readonly variation?: { readonly seed: number; readonly strength: number }
}

/** Draw a picture anew, beginning from its noised latents. */
export interface ImageToImageRequest extends DrawingRequest {
  readonly kind: 'image-to-image'
  readonly image: EncodedImage
  /** 0 keeps the picture, 1 draws from noise alone. Default 0.6. */
  readonly strength?: number
}

/** A point of a picture: shares of its width and height, 0 to 1. */
export type Point = readonly [x: number, y: number]

/** What is to be drawn anew (1) and what is kept (0). Lengths are shares of the picture's width and height. */
export type MaskShape =
  /** White (125 of 255 and more) is drawn anew; any size of the picture's ratio. */
  | { readonly type: 'image'; readonly image: EncodedImage }
  /** Where the picture itself is transparent (alpha below 125 of 255). */
  | { readonly type: 'alpha' }
  | { readonly type: 'boxes'; readonly boxes: readonly { x: number; y: number; width: number; height: number }[] }
  /** Brush strokes in order; `radius` is a share of the picture's short side. */
  | {
      readonly type: 'strokes'
      readonly strokes: readonly {
        readonly points: readonly Point[]
        readonly radius: number
        readonly erase?: boolean
      }[]
    }
  /** Cells of a grid, counted from 0 along the rows. */
  | { readonly type: 'cells'; readonly columns: number; readonly rows: number; readonly cells: readonly number[] }

/** A mask: all shapes together, made larger and softened; lengths in pixels of the picture. */
export interface MaskSpec {
  readonly shapes: readonly MaskShape[]
  readonly grow?: number
  readonly feather?: number
  readonly invert?: boolean
}

/** Whether DiffRIR goes over what was drawn, before kept pixels are pasted back; default true where a model is there. */
interface Restoring {
  readonly restore?: boolean
}

/** Draw the masked part of a picture anew; everything else keeps its pixels, bit for bit, at the picture's own size. */
export interface InpaintRequest extends DrawingRequest, Restoring {
  readonly kind: 'inpaint'
  readonly image: EncodedImage
  readonly mask: MaskSpec
  /** 1 (default) draws from noise alone; less keeps something of what was there. */
  readonly strength?: number
}

/** Pixels added to each side. */
export interface Sides {
  readonly left: number
  readonly top: number
  readonly right: number
  readonly bottom: number
}

/** Extend a picture; the pixels that were there are kept. Large growth is drawn in several steps. */
export interface OutpaintRequest extends DrawingRequest, Restoring {
  readonly kind: 'outpaint'
  readonly image: EncodedImage
  readonly sides: Sides
}

export const editEngines = ['direct-inversion-p2p', 'ledits'] as const
export type EditEngine = (typeof editEngines)[number]

/**
 * Change a picture by words: `sourcePrompt` says what it shows, `prompt` what it is to show. Only the first picture of
 * a request is drawn (count 1).
 */
export interface EditRequest extends DrawingRequest, Restoring {
  readonly kind: 'edit'
  readonly image: EncodedImage
  readonly sourcePrompt: string
  readonly engine?: EditEngine
  /** 0 changes almost nothing, 0.5 (default) as the paper, 1 as much as it goes: moves the fractions below. */
  readonly strength?: number
  /** Shares of the steps for which the source's attention maps are kept (p2p); default by strength and kind of edit. */
  readonly crossReplace?: number
  readonly selfReplace?: number
  /** How much single words of the target prompt count (p2p reweight), 1 as they are. */
  readonly wordWeights?: Readonly<Record<string, number>>
  /** Words whose place may change (local blend): of the source and of the target; default: the changed ones. [] blends nothing. */
  readonly blendWords?: { readonly source: readonly string[]; readonly target: readonly string[] }
  /** Holds instead of the mask that the words give. */
  readonly mask?: MaskSpec
  /** The difference mask's thresholding ratio and share of steps left out (ledits); defaults 3.0 and 0.25. */
  readonly maskThreshold?: number
  readonly skip?: number
  readonly sourceGuidanceScale?: number
  /** Only the mask is computed: the picture of the result is the given one. */
  readonly onlyMask?: boolean
}

/** Restore a picture with DiffRIR: at its own size (1), or enlarged 2 or 4 times. */
export interface RestoreRequest {
  readonly kind: 'restore'
  readonly image: EncodedImage
  readonly scale?: 1 | 2 | 4
  /** Only the masked part is restored against the kept one. */
  readonly mask?: MaskSpec
  readonly seed: number
  readonly model?: string
  readonly previews?: boolean
}

/** Requests that end in pictures. */
export type PictureRequest =
  TextToImageRequest | ImageToImageRequest | InpaintRequest | OutpaintRequest | EditRequest | RestoreRequest
