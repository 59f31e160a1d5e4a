import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { AppError } from '../../src/contract/errors.ts'
import { openTorchCheckpoint, type TorchCheckpoint } from '../../src/weights/torch-checkpoint.ts'
import { temporaryFolder } from './write-safetensors.ts'
import { dictOps, pickle, tensorOps, torchZip, type TorchTensorToWrite } from './write-torch.ts'

export const folder = temporaryFolder()
let files = 0

/** The bytes as a file. */
export function fileOf(bytes: Uint8Array): string {
  const file = path.join(folder, `${files++}.pth`)
  writeFileSync(file, bytes)
  return file
}

export const open = (bytes: Uint8Array): TorchCheckpoint => openTorchCheckpoint(fileOf(bytes))

/** The AppError with which the bytes are refused. */
export function refusal(bytes: Uint8Array): AppError {
  try {
    open(bytes)
  } catch (error) {
    if (error instanceof AppError) return error
    throw error
  }
  throw new Error('the checkpoint was not refused')
}

export const floats = (...values: number[]): Uint8Array => new Uint8Array(Float32Array.from(values).buffer)
export const six = floats(1, 2, 3, 4, 5, 6)
export const sixStored: TorchTensorToWrite = { storage: '0', dtype: 'F32', shape: [2, 3], count: 6 }
export const sixPickle = pickle(dictOps({ w: tensorOps(sixStored) }))
export const zipOf = (...ops: Uint8Array[]): Buffer => torchZip(pickle(...ops), { 0: six })
export const withTensor = (change: Partial<TorchTensorToWrite>): Buffer =>
  zipOf(dictOps({ w: tensorOps({ ...sixStored, ...change }) }))
