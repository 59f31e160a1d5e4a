import { useState } from 'preact/hooks'
import type { Recipe } from '../../../src/contract/recipe.ts'
import { Dialog, DialogHead } from './dialog.tsx'
import { Icon } from './icons.tsx'

/** Everything that is needed to draw a picture again, to read and to copy. */
export function RecipePanel({ recipe, close }: { readonly recipe: Recipe; readonly close: () => void }) {
  const [copied, setCopied] = useState<'yes' | 'no'>()
  const text = JSON.stringify(recipe, undefined, 2)
  const copy = (): void => void copyText(text).then((done) => setCopied(done ? 'yes' : 'no'))
  return (
    <Dialog label="Recipe" class="recipe" close={close}>
      <DialogHead title="Recipe" close={close} />
      <dl class="recipe-rows">
        {rowsOf(recipe).map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <details>
        <summary>As JSON</summary>
        <pre tabIndex={0}>{text}</pre>
      </details>
      <div class="dialog-actions">
        <span role="status" class="fine">
          {copied === 'yes' ? 'Copied' : copied === 'no' ? 'The browser did not allow it: copy the JSON by hand' : ''}
        </span>
        <button type="button" class="button primary" onClick={copy}>
          <Icon name={copied === 'yes' ? 'check' : 'copy'} /> Copy
        </button>
      </div>
    </Dialog>
  )
}

const roleNames: Readonly<Record<string, string>> = { t2i: 'Model', mllm: 'Language model' }

function rowsOf(recipe: Recipe): (readonly [string, string])[] {
  const { variation, models, versions } = recipe
  const rows: (readonly [string, string | undefined])[] = [
    ['Your words', recipe.wish],
    ['Prompt', recipe.prompt],
    ['Left out', recipe.negativePrompt || undefined],
    ['Seed', recipe.index === 0 ? String(recipe.seed) : `${recipe.seed} + ${recipe.index}`],
    ['Variation', variation && `seed ${variation.seed}, strength ${variation.strength}`],
    ['Sampler', recipe.sampler],
    ['Steps', String(recipe.steps)],
    ['Guidance', String(recipe.guidanceScale)],
    ['Size', `${recipe.width} × ${recipe.height}`],
    ...Object.entries(models).map(
      ([role, { name, sha256 }]) => [roleNames[role] ?? role, `${name} (${sha256.slice(0, 12)})`] as const,
    ),
    [
      'Made with',
      Object.entries(versions)
        .map(([name, version]) => `${name} ${version}`)
        .join(', '),
    ],
  ]
  return rows.flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]))
}

/** Whether it worked: over plain http from another machine there is no clipboard. */
async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    return false
  }
}
