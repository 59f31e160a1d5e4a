import { create, toBinary } from '@bufbuild/protobuf'
import {
  AttributeProto_AttributeType as AttributeType,
  ModelProtoSchema,
  TensorProto_DataLocation as DataLocation,
} from 'onnx-buf'
import type { MessageInitShape } from '@bufbuild/protobuf'
import { AppError } from '../contract/errors.ts'
import type { WeightEntry, WeightType } from '../weights/safetensors.ts'

type ModelInit = MessageInitShape<typeof ModelProtoSchema>
type GraphInit = Exclude<ModelInit['graph'], undefined>
type NodeInit = NonNullable<GraphInit['node']>[number]
type TensorInit = NonNullable<GraphInit['initializer']>[number]
type ValueInfoInit = NonNullable<GraphInit['input']>[number]

/** Version of everything that shapes a graph; part of cache keys and recipes. Raise it when results may change. */
export const graphCodeVersion = 1

const opset = 21
const irVersion = 10n

/** ONNX element types that graphs here use. */
export const elementTypes = { float32: 1, uint8: 2, int8: 3, int32: 6, int64: 7, bool: 9, float16: 10, bfloat16: 16 }
export type ElementType = keyof typeof elementTypes

/** A size that is known, or the name of one that is not until the graph runs. */
export type Dim = number | string
export type Shape = readonly Dim[]

/** A tensor inside a graph: what a node gives or a graph is fed. `shape` is a note that ops check and pass on. */
export interface Value {
  readonly name: string
  readonly dtype: ElementType
  readonly shape: Shape
}

export type Attribute =
  | { readonly int: number }
  | { readonly ints: readonly number[] }
  | { readonly float: number }
  | { readonly string: string }

/** One operation, kept in a form that code can walk through (gradients, statistics). */
export interface GraphNode {
  readonly op: string
  readonly domain: '' | 'com.microsoft'
  readonly inputs: readonly (Value | undefined)[]
  readonly outputs: readonly Value[]
  readonly attributes: Readonly<Record<string, Attribute>>
}

export interface NodeOptions {
  readonly domain?: 'com.microsoft'
  readonly attributes?: Readonly<Record<string, Attribute>>
}

const weightElementType: Partial<Record<WeightType, ElementType>> = {
  F32: 'float32',
  F16: 'float16',
  BF16: 'bfloat16',
  I64: 'int64',
  I32: 'int32',
  I8: 'int8',
  U8: 'uint8',
  BOOL: 'bool',
}

/**
 * An ONNX graph being written. Values are float32 unless an op says otherwise; weights stay where they lie: an
 * initializer holds only file, offset and length of a tensor inside its safetensors file.
 */
export class Graph {
  readonly name: string
  readonly nodes: GraphNode[] = []
  readonly inputs: Value[] = []
  readonly outputs: Value[] = []
  /** Weight value by checkpoint name. */
  readonly weights = new Map<string, { readonly value: Value; readonly entry: WeightEntry }>()
  readonly #constants = new Map<string, { readonly value: Value; readonly data: Uint8Array<ArrayBuffer> }>()
  readonly #casts = new Map<string, Value>()
  #count = 0

  constructor(name: string) {
    this.name = name
  }

  /** A graph input. */
  input(name: string, dtype: ElementType, shape: Shape): Value {
    const value = { name, dtype, shape }
    this.inputs.push(value)
    return value
  }

  /** Names `value` as a graph output. */
  output(name: string, value: Value): void {
    const node = { op: 'Identity', domain: '', inputs: [value], outputs: [{ ...value, name }], attributes: {} } as const
    this.nodes.push(node)
    this.outputs.push(node.outputs[0])
  }

  /** Adds a node with outputs of the given types and shapes. */
  nodeOutputs(
    op: string,
    inputs: readonly (Value | undefined)[],
    outputs: readonly Omit<Value, 'name'>[],
    { domain, attributes = {} }: NodeOptions = {},
  ): Value[] {
    const values = outputs.map((output) => ({ ...output, name: `${op}_${this.#count++}` }))
    this.nodes.push({ op, domain: domain ?? '', inputs, outputs: values, attributes })
    return values
  }

  /** Adds a node with one output. */
  node(op: string, inputs: readonly (Value | undefined)[], output: Omit<Value, 'name'>, options?: NodeOptions): Value {
    return this.nodeOutputs(op, inputs, [output], options)[0]!
  }

  /** A small constant inside the graph; equal ones are stored once. */
  constant(data: Float32Array | BigInt64Array | Int32Array | Uint8Array, shape: readonly number[]): Value {
    const dtype: ElementType =
      data instanceof Float32Array
        ? 'float32'
        : data instanceof BigInt64Array
          ? 'int64'
          : data instanceof Int32Array
            ? 'int32'
            : 'bool'
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength).slice()
    const key = `${dtype}[${shape.join()}]${Buffer.from(bytes).toString('base64')}`
    let found = this.#constants.get(key)
    if (!found) {
      found = { value: { name: `constant_${this.#constants.size}`, dtype, shape }, data: bytes }
      this.#constants.set(key, found)
    }
    return found.value
  }

  /** A float32 scalar constant. */
  scalar(value: number): Value {
    return this.constant(new Float32Array([value]), [])
  }

  /** An int64 vector constant (shapes, axes). */
  integers(values: readonly number[]): Value {
    return this.constant(BigInt64Array.from(values, BigInt), [values.length])
  }

  /** A tensor of a checkpoint as float32: fp16 and bf16 get a Cast. */
  weight(entry: WeightEntry): Value {
    const { value } = this.#initializer(entry)
    if (value.dtype !== 'float16' && value.dtype !== 'bfloat16') return value
    let cast = this.#casts.get(value.name)
    if (!cast) {
      const to = { int: elementTypes.float32 }
      cast = this.node('Cast', [value], { dtype: 'float32', shape: value.shape }, { attributes: { to } })
      this.#casts.set(value.name, cast)
    }
    return cast
  }

  #initializer(entry: WeightEntry) {
    const key = `${entry.file}:${entry.name}`
    let found = this.weights.get(key)
    if (!found) {
      const dtype = weightElementType[entry.dtype]
      if (!dtype)
        throw new AppError('model/unsupported', {
          message: `${entry.file}: tensor ${entry.name} has dtype ${entry.dtype}, which graphs do not use`,
          hint: 'Take the model in F32, F16 or BF16.',
        })
      // Two files may use one name for different tensors (the shards of a tower and of a language model).
      const taken = [...this.weights.values()].some(({ value }) => value.name === entry.name)
      const name = taken ? `${entry.name}@${this.weights.size}` : entry.name
      found = { value: { name, dtype, shape: entry.shape }, entry }
      this.weights.set(key, found)
    }
    return found
  }

  /** Bytes of all weights that the graph points to. */
  get weightBytes(): number {
    let sum = 0
    for (const { entry } of this.weights.values()) sum += entry.length
    return sum
  }

  /**
   * The graph as an ONNX ModelProto. External data is located relative to the root folder '/', which is what the
   * runtime gives onnxruntime as the folder of the model; `locate` names files otherwise (for cache keys).
   */
  toModel(locate = belowRoot): Uint8Array {
    const graph: GraphInit = {
      name: this.name,
      node: this.nodes.map(toNode),
      input: this.inputs.map(toValueInfo),
      output: this.outputs.map(toValueInfo),
      initializer: [
        ...[...this.#constants.values()].map(({ value, data }) => toTensor(value, { rawData: data })),
        ...[...this.weights.values()].map(({ value, entry }) => toTensor(value, externalData(entry, locate))),
      ],
    }
    const opsetImport = [
      { domain: '', version: BigInt(opset) },
      { domain: 'com.microsoft', version: 1n },
    ]
    return toBinary(
      ModelProtoSchema,
      create(ModelProtoSchema, { irVersion, opsetImport, producerName: 'llmga-bot', graph }),
    )
  }
}

function toTensor(value: Value, data: Partial<TensorInit>): TensorInit {
  const dims = value.shape.map((dim) => BigInt(dim))
  return { name: value.name, dataType: elementTypes[value.dtype], dims, ...data } as TensorInit
}

const belowRoot = (file: string): string => file.replace(/^\//, '')

function externalData(entry: WeightEntry, locate: (file: string) => string): Partial<TensorInit> {
  return {
    dataLocation: DataLocation.EXTERNAL,
    externalData: [
      { key: 'location', value: locate(entry.file) },
      { key: 'offset', value: String(entry.offset) },
      { key: 'length', value: String(entry.length) },
    ],
  }
}

function toNode(node: GraphNode): NodeInit {
  return {
    opType: node.op,
    name: node.outputs[0]!.name,
    domain: node.domain,
    input: node.inputs.map((value) => value?.name ?? ''),
    output: node.outputs.map((value) => value.name),
    attribute: Object.entries(node.attributes).map(([name, attribute]) => toAttribute(name, attribute)),
  }
}

function toAttribute(name: string, attribute: Attribute) {
  if ('int' in attribute) return { name, type: AttributeType.INT, i: BigInt(attribute.int) }
  if ('ints' in attribute) return { name, type: AttributeType.INTS, ints: attribute.ints.map(BigInt) }
  if ('float' in attribute) return { name, type: AttributeType.FLOAT, f: attribute.float }
  return { name, type: AttributeType.STRING, s: new TextEncoder().encode(attribute.string) }
}

function toValueInfo({ name, dtype, shape }: Value): ValueInfoInit {
  const dim = shape.map((d) => ({
    value:
      typeof d === 'number'
        ? ({ case: 'dimValue', value: BigInt(d) } as const)
        : ({ case: 'dimParam', value: d } as const),
  }))
  return { name, type: { value: { case: 'tensorType', value: { elemType: elementTypes[dtype], shape: { dim } } } } }
}
