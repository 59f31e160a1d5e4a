import { existsSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { loadCase, type GoldenCase } from './case.ts'
import { Checker, type Comparison } from './check.ts'
import { halfGraphs } from './golden-runtime.ts'
import { kinds } from './kinds/index.ts'

/** Computes a case with the project's code and hands each result to the checker. */
export type GoldenKind = (goldenCase: GoldenCase, check: Checker) => Promise<void> | void

export interface CaseResult {
  readonly name: string
  readonly kind: string
  readonly outcome: 'pass' | 'fail' | 'unsupported'
  /** The comparison nearest to (or furthest over) its allowance. */
  readonly worst?: Comparison
  readonly failures: readonly Comparison[]
  readonly crash?: unknown
  /** Whether graphs of the case computed in fp16, and its floats were held to that tolerance. */
  readonly isHalf: boolean
}

/** The case folders of `dir` (each has a case.json), sorted; `only` selects by folder name. */
export function findCases(dir: string, only?: RegExp): string[] {
  return readdirSync(dir, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(path.join(dir, entry.name, 'case.json')))
    .map((entry) => entry.name)
    .filter((name) => !only || only.test(name))
    .sort()
    .map((name) => path.join(dir, name))
}

/** Runs one case folder. A kind that no runner knows is `unsupported`; a case without comparisons fails. */
export async function runCase(dir: string): Promise<CaseResult> {
  const goldenCase = loadCase(dir)
  const { kind } = goldenCase
  const name = path.basename(dir)
  const run = Object.hasOwn(kinds, kind) ? kinds[kind] : undefined
  if (!run) return { name, kind, outcome: 'unsupported', failures: [], isHalf: false }
  const before = halfGraphs()
  const check = new Checker(goldenCase, () => halfGraphs() > before)
  try {
    await run(goldenCase, check)
  } catch (crash) {
    return {
      name,
      kind,
      outcome: 'fail',
      failures: check.comparisons.filter((c) => !c.pass),
      crash,
      isHalf: halfGraphs() > before,
    }
  }
  const failures = check.comparisons.filter((c) => !c.pass)
  const ratio = (c: Comparison) => (c.error === 0 ? 0 : c.error / Math.max(c.allowed, Number.MIN_VALUE))
  const worst = [...check.comparisons].sort((a, b) => ratio(b) - ratio(a))[0]
  const outcome = failures.length === 0 && check.comparisons.length > 0 ? 'pass' : 'fail'
  return { name, kind, outcome, failures, isHalf: halfGraphs() > before, ...(worst ? { worst } : {}) }
}
