import { readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import type { Check } from '../contract/check.ts'

/** Where things are looked for; the root folder is another one in tests. */
export interface CudaPlaces {
  readonly root?: string
  /** LD_LIBRARY_PATH. */
  readonly libraryPath?: string | undefined
  /** The folder of onnxruntime-node's own libraries. */
  readonly onnxruntime?: string
}

/** What onnxruntime 1.30's CUDA provider links against, and Debian's or NVIDIA's package that has it. */
const libraries = [
  ['libcudart.so.12', 'cuda-cudart-12-x'],
  ['libcublasLt.so.12', 'libcublas-12-x'],
  ['libcublas.so.12', 'libcublas-12-x'],
  ['libcurand.so.10', 'libcurand-12-x'],
  ['libcufft.so.11', 'libcufft-12-x'],
  ['libcudnn.so.9', 'libcudnn9-cuda-12'],
] as const

const providerFile = 'libonnxruntime_providers_cuda.so'
const installProvider =
  'ONNXRUNTIME_NODE_INSTALL=cuda12 node node_modules/onnxruntime-node/script/install.js (in this folder)'

/**
 * Whether CUDA's parts are in place on Linux: NVIDIA's driver, onnxruntime's provider, and the libraries that it loads.
 * What is missing is named with what brings it. Nothing is loaded or run; checkDevice tries the device itself.
 */
export function checkCuda({ root = '/', libraryPath = '', onnxruntime = onnxruntimeFolder() }: CudaPlaces = {}): Check {
  const name = 'CUDA'
  const at = (folder: string) => path.join(root, folder)
  const missing: [what: string, fix: string][] = []
  if (namesIn(at('proc/driver/nvidia')).length === 0)
    missing.push([
      "NVIDIA's driver",
      'install the driver of the card (Debian: nvidia-driver; 525 or newer for CUDA 12)',
    ])
  if (!namesIn(onnxruntime).includes(providerFile)) missing.push([providerFile, `run ${installProvider}`])
  const found = new Set([...libraryPath.split(':').filter(Boolean), ...usualFolders(root)].flatMap(namesIn))
  for (const [file, what] of libraries) if (!found.has(file)) missing.push([file, `install ${what}`])
  if (missing.length === 0) return { name, ok: true, detail: 'driver, provider and libraries are in place' }
  const fixes = [...new Set(missing.map(([, fix]) => fix))]
  const last = 'libraries elsewhere are found by LD_LIBRARY_PATH (docs/gpu.md)'
  return {
    name,
    ok: false,
    detail: `missing: ${missing.map(([what]) => what).join(', ')}`,
    fix: `${[...fixes, last].join('; ')}.`,
  }
}

/** Folders that the loader knows or that NVIDIA's packages use. */
function usualFolders(root: string): string[] {
  const toolkits = namesIn(path.join(root, 'usr/local')).filter((name) => name.startsWith('cuda'))
  return [
    ...['usr/lib', 'usr/lib64', 'usr/lib/x86_64-linux-gnu', 'usr/lib/aarch64-linux-gnu'],
    ...toolkits.flatMap((name) => [`usr/local/${name}/lib64`, `usr/local/${name}/targets/x86_64-linux/lib`]),
  ].map((folder) => path.join(root, folder))
}

/** bin/napi-v6/linux/x64 of the package. */
function onnxruntimeFolder(): string {
  const bin = path.join(path.dirname(createRequire(import.meta.url).resolve('onnxruntime-node/package.json')), 'bin')
  const api = namesIn(bin).find((name) => name.startsWith('napi-')) ?? 'napi-v6'
  return path.join(bin, api, process.platform, process.arch)
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return [] // there is none, or it may not be read
  }
}
