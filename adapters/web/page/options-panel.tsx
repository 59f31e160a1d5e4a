import type { BotAbout } from '../../../src/contract/adapter.ts'
import { aspectRatios, noOptions } from './drawing-options.ts'
import type { DrawingOptions } from './drawing-options.ts'

interface OptionsPanelProps {
  readonly about: BotAbout | undefined
  readonly options: DrawingOptions
  readonly change: (options: DrawingOptions) => void
}

/** How to draw. Empty fields show the default. */
export function OptionsPanel({ about, options, change }: OptionsPanelProps) {
  const set = (part: Partial<DrawingOptions>): void => change({ ...options, ...part })
  const defaults = about?.defaults
  const size = defaults === undefined ? 'default' : `${defaults.width}×${defaults.height}`
  const exact = /^\d*x\d*$/.test(options.size)
  return (
    <div id="drawing-options" class="options" role="group" aria-label="Drawing options">
      <NumberField
        label="Steps"
        hint={defaults?.steps}
        min={1}
        max={150}
        value={options.steps}
        set={(steps) => set({ steps })}
      />
      <NumberField
        label="Guidance"
        hint={defaults?.guidanceScale}
        min={0}
        max={30}
        step={0.5}
        value={options.guidance}
        set={(guidance) => set({ guidance })}
      />
      <NumberField
        label="Seed"
        hint="random"
        min={0}
        max={4294967295}
        value={options.seed}
        set={(seed) => set({ seed })}
      />
      <Choice
        label="Pictures"
        value={options.count}
        set={(count) => set({ count })}
        choices={['1', '2', '3', '4']}
        first="1"
      />
      <Choice
        label="Size"
        value={exact ? 'exact' : options.size}
        set={(value) => set({ size: value === 'exact' ? `${defaults?.width ?? ''}x${defaults?.height ?? ''}` : value })}
        choices={[...aspectRatios, 'exact']}
        first={size}
      />
      {exact && (
        <label class="option">
          <span>Width x height</span>
          <input
            class="field"
            inputMode="numeric"
            pattern="\d+x\d+"
            placeholder="128x128"
            value={options.size}
            onInput={(event) => set({ size: event.currentTarget.value.replace(/[^\dx]/g, '') || 'x' })}
          />
        </label>
      )}
      <Choice
        label="Sampler"
        value={options.sampler}
        set={(sampler) => set({ sampler })}
        choices={about?.samplers}
        first={defaults?.sampler}
      />
      {(about?.styles.length ?? 0) > 0 && (
        <Choice
          label="Style"
          value={options.style}
          set={(style) => set({ style })}
          choices={about?.styles}
          first="none"
        />
      )}
      <label class="option wide">
        <span>Leave out</span>
        <input
          class="field"
          placeholder="what the picture should not show"
          value={options.negative}
          onInput={(event) => set({ negative: event.currentTarget.value })}
        />
      </label>
      <label class="option-check">
        <input type="checkbox" checked={options.raw} onChange={(event) => set({ raw: event.currentTarget.checked })} />
        <span>Draw my words as they are, without refining them</span>
      </label>
      <button type="button" class="button quiet" onClick={() => change(noOptions)}>
        Back to defaults
      </button>
    </div>
  )
}

interface NumberFieldProps {
  readonly label: string
  readonly hint: string | number | undefined
  readonly min: number
  readonly max: number
  readonly step?: number
  readonly value: string
  readonly set: (value: string) => void
}

export const NumberField = ({ label, hint, min, max, step = 1, value, set }: NumberFieldProps) => (
  <label class="option">
    <span>{label}</span>
    <input
      class="field"
      type="number"
      min={min}
      max={max}
      step={step}
      placeholder={String(hint ?? '')}
      value={value}
      onInput={(event) => set(event.currentTarget.value)}
    />
  </label>
)

interface ChoiceProps {
  readonly label: string
  readonly value: string
  readonly set: (value: string) => void
  readonly choices: readonly string[] | undefined
  /** What the empty choice means. */
  readonly first: string | undefined
  /** Other words for some choices. */
  readonly names?: Readonly<Record<string, string>>
}

export const Choice = ({ label, value, set, choices = [], first = 'default', names = {} }: ChoiceProps) => (
  <label class="option">
    <span>{label}</span>
    <select class="field" value={value} onChange={(event) => set(event.currentTarget.value)}>
      <option value="">{first}</option>
      {choices
        .filter((choice) => choice !== first)
        .map((choice) => (
          <option key={choice} value={choice}>
            {names[choice] ?? choice}
          </option>
        ))}
    </select>
  </label>
)
