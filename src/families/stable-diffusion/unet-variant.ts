import type { Value } from '../../graph/graph.ts'
import { add } from '../../graph/ops.ts'
import type { AttentionHooks } from './attention.ts'
import type { UnetAttachment, UnetVariant } from './unet.ts'

/** Several variants as one: the first `mix` that answers holds, everything that is added is summed. */
export function combineVariants(variants: readonly UnetVariant[]): UnetVariant | undefined {
  if (variants.length <= 1) return variants[0]
  const loraModules = new Set(variants.flatMap(({ loraModules: own = [] }) => [...own]))
  return {
    name: variants.map(({ name }) => name).join('-'),
    ...(loraModules.size > 0 && { loraModules }),
    attach(g, config): UnetAttachment {
      const parts = variants.map(({ attach }) => attach?.(g, config) ?? {})
      const sum = (values: readonly (Value | undefined)[]) =>
        values.reduce((total, value) => (total && value ? add(g, total, value) : (total ?? value)), undefined)
      const hooks: AttentionHooks = {
        mix: (call) => parts.map(({ hooks: own }) => own?.mix?.(call)).find((value) => value !== undefined),
        extra: (call) => sum(parts.map(({ hooks: own }) => own?.extra?.(call))),
      }
      const lists = parts.flatMap(({ skipResiduals }) => (skipResiduals ? [skipResiduals] : []))
      const middle = sum(parts.map(({ midResidual }) => midResidual))
      return {
        hooks,
        ...(lists[0] && { skipResiduals: lists[0].map((_, i) => sum(lists.map((list) => list[i]))!) }),
        ...(middle && { midResidual: middle }),
        finish: () => parts.forEach(({ finish }) => finish?.()),
      }
    },
  }
}
