import { openSafetensors } from './safetensors.ts'
import { openTorchCheckpoint } from './torch-checkpoint.ts'
import type { WeightMap } from './weights.ts'

/** Tensors of one file, by its ending: torch's (.bin, .pt, .pth, .ckpt; dicts joined with dots) or safetensors. */
export function openWeightFile(file: string): { readonly tensors: WeightMap; readonly metadata: Metadata } {
  if (/\.(bin|pt|pth|ckpt)$/.test(file)) return { tensors: openTorchCheckpoint(file).tensors, metadata: {} }
  return openSafetensors(file)
}

type Metadata = Readonly<Record<string, string>>
