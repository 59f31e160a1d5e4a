import { execFile } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { totalmem } from 'node:os'
import { promisify } from 'node:util'
import { parseDevice, type DeviceName } from './device.ts'

/** Bytes of a device's memory; undefined for a GPU that does not say. A container's limit counts before the machine's. */
export async function deviceMemory(name: DeviceName): Promise<number | undefined> {
  const { device, index } = parseDevice(name)
  if (device !== 'cpu') return (await nvidiaMemory(index)) ?? (await drmMemory())
  const constrained = process.constrainedMemory() // 0, or more than there is, without a limit
  return constrained > 0 ? Math.min(constrained, totalmem()) : totalmem()
}

/** Of the GPU of this number, as NVIDIA's own tool says; in MiB. */
async function nvidiaMemory(index: number): Promise<number | undefined> {
  const query = ['--query-gpu=memory.total', '--format=csv,noheader,nounits']
  const said = await promisify(execFile)('nvidia-smi', query, { timeout: 10_000 }).catch(() => undefined)
  const mebibytes = Number.parseInt(said?.stdout.split('\n')[index] ?? '', 10)
  return mebibytes > 0 ? mebibytes * 2 ** 20 : undefined
}

/** Of the largest GPU that the kernel knows (amdgpu). */
async function drmMemory(root = '/sys/class/drm'): Promise<number | undefined> {
  const cards = await readdir(root).catch((): string[] => [])
  const sizes = await Promise.all(
    cards.map((card) => readFile(`${root}/${card}/device/mem_info_vram_total`, 'utf8').catch(() => '0')),
  )
  const largest = Math.max(0, ...sizes.map(Number).filter(Number.isFinite))
  return largest > 0 ? largest : undefined
}
