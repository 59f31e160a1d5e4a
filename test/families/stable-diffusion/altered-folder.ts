import { mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'

/** Folder of a part of the embedded text-to-image pipeline. */
export const embedded = (part: string): string => path.resolve('models/llmga-tiny/sd-t2i', part)

export interface Change {
  /** Keys put over those of config.json. */
  readonly config?: Readonly<Record<string, unknown>>
  /** New names of tensors; undefined leaves the tensor's bytes under a name that no model asks for. */
  readonly rename?: (name: string) => string | undefined
}

/** A copy, below `root`, of an embedded part that has one diffusers weight file, with changes. */
export function altered(root: string, part: 'unet' | 'vae', { config, rename }: Change): string {
  const folder = mkdtempSync(path.join(root, `${part}-`))
  const original = JSON.parse(readFileSync(path.join(embedded(part), 'config.json'), 'utf8')) as object
  writeFileSync(path.join(folder, 'config.json'), JSON.stringify({ ...original, ...config }))
  const name = 'diffusion_pytorch_model.safetensors'
  const weights = path.join(embedded(part), name)
  if (rename) writeFileSync(path.join(folder, name), renamed(readFileSync(weights), rename))
  else symlinkSync(weights, path.join(folder, name))
  return folder
}

/** The same safetensors file with other names in its header. */
function renamed(bytes: Buffer, rename: (name: string) => string | undefined): Uint8Array {
  const length = Number(bytes.readBigUInt64LE())
  const header = JSON.parse(bytes.toString('utf8', 8, 8 + length)) as Record<string, unknown>
  const names = Object.entries(header).map(([name, value]) => [
    name === '__metadata__' ? name : (rename(name) ?? `unused.${name}`),
    value,
  ])
  const text = Buffer.from(JSON.stringify(Object.fromEntries(names)))
  const size = Buffer.alloc(8)
  size.writeBigUInt64LE(BigInt(text.length))
  return Buffer.concat([size, text, bytes.subarray(8 + length)])
}
