/** A file of an adapter; size and hash are known when a preset says them. */
export interface AdapterFile {
  readonly file: string
  readonly sizeBytes?: number
  readonly sha256?: string
}

/** Where the things that can be added to a picture model lie: absolute paths, plain data. */
export interface AdapterPlaces {
  readonly ipAdapter?: {
    readonly name: string
    /** .safetensors or .bin */
    readonly file: string
    /** Folder of a CLIPVisionModelWithProjection. */
    readonly imageEncoder: string
    readonly files: readonly AdapterFile[]
  }
  readonly controlNet?: { readonly name: string; readonly folder: string; readonly files: readonly AdapterFile[] }
  /** LoRA files by name. */
  readonly loras: Readonly<Record<string, AdapterFile>>
  /** Folders in which other LoRA files are looked up by their paths below them. */
  readonly loraFolders: readonly string[]
}
