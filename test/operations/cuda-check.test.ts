import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { checkCuda } from '../../src/operations/cuda-check.ts'

const root = mkdtempSync(path.join(tmpdir(), 'llmga-test-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

const onnxruntime = path.join(root, 'onnxruntime')
const put = (...files: string[]) => {
  for (const file of files) {
    mkdirSync(path.dirname(path.join(root, file)), { recursive: true })
    writeFileSync(path.join(root, file), '')
  }
}

it('says of each part of CUDA whether it is there, and what brings it', () => {
  const nothing = checkCuda({ root, onnxruntime })
  expect(nothing.ok).toBe(false)
  expect(nothing.detail).toBe(
    "missing: NVIDIA's driver, libonnxruntime_providers_cuda.so, libcudart.so.12, libcublasLt.so.12, libcublas.so.12, libcurand.so.10, libcufft.so.11, libcudnn.so.9",
  )
  expect(nothing.fix).toContain('ONNXRUNTIME_NODE_INSTALL=cuda12')

  put('proc/driver/nvidia/version', 'onnxruntime/libonnxruntime_providers_cuda.so')
  put(...['cudart.so.12', 'cublasLt.so.12', 'cublas.so.12'].map((name) => `usr/local/cuda-12.6/lib64/lib${name}`))
  put('usr/lib/x86_64-linux-gnu/libcurand.so.10', 'opt/nvidia/libcufft.so.11')
  expect(checkCuda({ root, onnxruntime }).detail).toBe('missing: libcufft.so.11, libcudnn.so.9')

  const libraryPath = `/not/there:${path.join(root, 'opt/nvidia')}`
  expect(checkCuda({ root, onnxruntime, libraryPath })).toMatchObject({
    detail: 'missing: libcudnn.so.9',
    fix: expect.stringContaining('install libcudnn9-cuda-12') as string,
  })

  put('opt/nvidia/libcudnn.so.9')
  expect(checkCuda({ root, onnxruntime, libraryPath })).toMatchObject({ ok: true })
})

it("looks at this machine's own folders without throwing", () => {
  expect(checkCuda().name).toBe('CUDA')
})
