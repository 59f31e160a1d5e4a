import { useId } from 'preact/hooks'
import type { WireImage } from '../wire.ts'

interface Choice {
  readonly value: string
  readonly label: string
}

const places: Readonly<Record<string, 'left' | 'up' | 'right' | 'down' | 'all'>> = {
  left: 'left',
  right: 'right',
  up: 'up',
  top: 'up',
  down: 'down',
  bottom: 'down',
  all: 'all',
  around: 'all',
}
const arrows = { left: '←', up: '↑', right: '→', down: '↓', all: '⤢' } as const

/** Whether these choices are sides of a picture, all of them on one pad. */
export const isDirections = (choices: readonly Choice[]): boolean =>
  choices.length >= 4 && choices.every(({ value }) => value in places)

interface ExtendPadProps {
  readonly label: string
  readonly choices: readonly Choice[]
  readonly value: string
  readonly set: (value: string) => void
  /** The picture that grows. */
  readonly image: WireImage | undefined
  /** The chosen side takes the focus when the dialog around it opens. */
  readonly focused: boolean
}

/** The sides of a picture as arrows around it: one choice, by mouse, finger and arrow keys. */
export function ExtendPad({ label, choices, value, set, image, focused }: ExtendPadProps) {
  const name = useId()
  return (
    <fieldset class="form-field">
      <legend>{label}</legend>
      <div class="extend-pad">
        {image !== undefined && <img class="extend-picture" src={image.url} alt="" />}
        {choices.map((choice) => {
          const place = places[choice.value] ?? 'all'
          return (
            <label key={choice.value} class={`extend-${place}`} title={choice.label}>
              <input
                type="radio"
                class="visually-hidden"
                name={name}
                checked={choice.value === value}
                data-first={focused && choice.value === value ? true : undefined}
                onChange={() => set(choice.value)}
              />
              <span aria-hidden="true">{arrows[place]}</span>
              <span class="visually-hidden">{choice.label}</span>
            </label>
          )
        })}
      </div>
    </fieldset>
  )
}
