import { readdirSync } from 'node:fs'
import * as ort from 'onnxruntime-node'
import { Graph } from '../graph/graph.ts'
import { add, maskedScore } from '../graph/ops.ts'
import { fitToProvider, type Provider } from '../graph/provider-variants.ts'
import { AppError } from '../contract/errors.ts'

export type DeviceKind = Provider
/** `cuda` is card 0. Cards are counted for CUDA alone: WebGPU takes the one that the system prefers. */
export type DeviceName = DeviceKind | `cuda:${number}`
export type DeviceSetting = DeviceName | 'auto'

/** A device that was tried and works, and what was said about those that do not. */
export interface DeviceChoice {
  readonly device: DeviceKind
  /** Of the cards of this kind, from 0. */
  readonly index: number
  /** One line for each device that was asked for and is not there. */
  readonly refused: readonly string[]
}

/** Order in which `auto` tries. */
const automatic: readonly DeviceKind[] = ['cuda', 'webgpu', 'cpu']

/**
 * Chooses where graphs run. A device is tried with a tiny graph: onnxruntime drops an unknown provider silently and
 * throws for a known one whose libraries or adapter are missing. `auto` also wants its attention to be right, which it
 * is not everywhere (docs/gpu.md), and takes WebGPU only where there is a card: a software driver is slower than the
 * CPU's own graphs. One that is asked for by name is taken as it is. When the wanted one fails the CPU is
 * taken and `refused` says why; the caller must say it aloud.
 */
export async function chooseDevice(
  setting: DeviceSetting,
  { hasCard = hasGraphicsCard() }: { readonly hasCard?: boolean } = {},
): Promise<DeviceChoice> {
  const refused: string[] = []
  const isAuto = setting === 'auto'
  for (const name of isAuto ? automatic : [setting, 'cpu' as const]) {
    const { device, index } = parseDevice(name)
    const noCard = isAuto && device === 'webgpu' && !hasCard ? 'no graphics card' : undefined
    const problem = noCard ?? (await probe(device, index)) ?? (isAuto ? await probeAttention(device) : undefined)
    if (problem === undefined) return { device, index, refused }
    refused.push(`${name}: ${problem}`)
  }
  throw new AppError('inference/failed', { message: `no device works: ${refused.join('; ')}` })
}

/** The kind and the card of a name. */
export function parseDevice(name: DeviceName): { readonly device: DeviceKind; readonly index: number } {
  const [device, index = '0'] = name.split(':')
  return { device: device as DeviceKind, index: Number(index) }
}

/** The one name of a card: card 0 goes without its number. */
export const deviceName = (device: DeviceKind, index: number): DeviceName =>
  device === 'cuda' && index > 0 ? `cuda:${index}` : device

/** The device as onnxruntime takes it. */
export const executionProvider = (device: DeviceKind, index: number): ort.InferenceSession.ExecutionProviderConfig =>
  device === 'cuda' ? { name: device, deviceId: index } : device

/**
 * Whether this machine has a graphics card, as far as the system says: Linux shows one as a render node, NVIDIA's driver
 * as a device of its own, WSL as dxg. Other systems have one as a rule. `devices` is Linux's folder of devices.
 */
export function hasGraphicsCard(platform: NodeJS.Platform = process.platform, devices = '/dev'): boolean {
  if (platform !== 'linux') return true
  const names = namesIn(devices)
  return names.some((name) => /^(?:nvidia\d+|dxg)$/.test(name)) || namesIn(`${devices}/dri`).some(isRenderNode)
}

const isRenderNode = (name: string) => name.startsWith('renderD')

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return [] // there is none
  }
}

// What goes wrong comes as an exception; onnxruntime's own lines on stderr would only repeat it.
ort.env.logLevel = 'fatal'

/** Undefined when a session on this device adds two numbers; else why not. */
async function probe(device: DeviceKind, index: number): Promise<string | undefined> {
  if (!ort.listSupportedBackends().some(({ name }) => name === device)) return 'not in this build of onnxruntime'
  const g = new Graph('probe')
  g.output('y', add(g, g.input('x', 'float32', [1]), g.scalar(1)))
  return tried(
    device,
    g,
    { x: new ort.Tensor('float32', [1], [1]) },
    (y) => (y[0] === 2 ? undefined : 'it adds wrongly'),
    index,
  )
}

/** Undefined when a picture model's attention, over as many tokens as a prompt has, is what it should be; else why not. */
async function probeAttention(device: DeviceKind): Promise<string | undefined> {
  const [tokens, heads, size] = [77, 4, 16]
  const shape = [1, tokens, heads * size]
  const x = Float32Array.from({ length: tokens * heads * size }, (_, i) => Math.sin(i * 0.7))
  const g = new Graph('attention probe')
  const input = g.input('x', 'float32', shape)
  const mask = Float32Array.from({ length: tokens * tokens }, (_, i) => (i % tokens > i / tokens ? maskedScore : 0))
  const inputs = [input, input, input, undefined, undefined, g.constant(mask, [1, 1, tokens, tokens])]
  const attributes = { num_heads: { int: heads } }
  g.output('y', g.node('MultiHeadAttention', inputs, input, { domain: 'com.microsoft', attributes }))
  const right = causalAttention(x, tokens, heads, size)
  return tried(device, g, { x: new ort.Tensor('float32', x, shape) }, (y) => {
    const error = right.reduce((worst, value, i) => Math.max(worst, Math.abs(value - y[i]!)), 0)
    return error < 1e-4 ? undefined : `its attention is off by ${error.toPrecision(2)}`
  })
}

/** Runs a graph on this device alone. Returns what is wrong: what `check` says of its output y, or the exception. */
async function tried(
  device: DeviceKind,
  graph: Graph,
  feeds: Record<string, ort.Tensor>,
  check: (y: Float32Array) => string | undefined,
  index = 0,
): Promise<string | undefined> {
  try {
    fitToProvider(graph, device)
    const session = await ort.InferenceSession.create(graph.toModel(), {
      executionProviders: [executionProvider(device, index)],
      logSeverityLevel: 4,
    })
    const { y } = await session.run(feeds)
    await session.release()
    return check(y!.data as Float32Array)
  } catch (error) {
    return (error instanceof Error ? error.message : String(error)).split('\n')[0]!.trim()
  }
}

/** softmax(x xT / sqrt(size)) x for each head, where a token sees itself and those before it. x [tokens, heads * size]. */
function causalAttention(x: Float32Array, tokens: number, heads: number, size: number): Float64Array {
  const at = (token: number, head: number, i: number) => x[(token * heads + head) * size + i]!
  const result = new Float64Array(x.length)
  for (let head = 0; head < heads; head++)
    for (let row = 0; row < tokens; row++) {
      const weights = Array.from({ length: row + 1 }, (_, column) => {
        let score = 0
        for (let i = 0; i < size; i++) score += at(row, head, i) * at(column, head, i)
        return Math.exp(score / Math.sqrt(size))
      })
      const sum = weights.reduce((total, weight) => total + weight, 0)
      for (let i = 0; i < size; i++)
        result[(row * heads + head) * size + i] =
          weights.reduce((total, weight, column) => total + weight * at(column, head, i), 0) / sum
    }
  return result
}
