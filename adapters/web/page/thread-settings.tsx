import { useState } from 'preact/hooks'
import type { ThreadSettings } from '../../../src/contract/conversation.ts'
import { editEngines } from '../../../src/contract/inference.ts'
import type { WireAbout } from '../routes/pages.ts'
import { newId, sendMessage } from './api.ts'
import { Dialog, DialogHead } from './dialog.tsx'
import { aspectRatios } from './drawing-options.ts'
import { FieldProblem } from './field-problem.tsx'
import { Choice, NumberField } from './options-panel.tsx'
import { changeOf, toFields } from './setting-options.ts'
import type { SettingChange, SettingFields, SettingName } from './setting-options.ts'

interface ThreadSettingsProps {
  readonly threadId: string
  readonly about: WireAbout | undefined
  readonly settings: ThreadSettings
  readonly close: () => void
}

/** What holds for everything in this thread, as the /settings command sets it. */
export function ThreadSettingsDialog({ threadId, about, settings, close }: ThreadSettingsProps) {
  const [before] = useState(() => toFields(settings))
  const [fields, setFields] = useState(before)
  const set = (name: SettingName) => (value: string) => setFields({ ...fields, [name]: value })
  const [problem, setProblem] = useState<string>()
  const say = (text: string, options: SettingChange['options']) =>
    sendMessage(threadId, { eventId: newId(), text, files: [], command: { name: 'settings', options } })
  const save = async (): Promise<void> => {
    const change = changeOf(before, fields)
    try {
      if (change?.reset === true) await say('reset', {})
      if (change !== undefined && Object.keys(change.options).length > 0) await say('', change.options)
      close()
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error))
    }
  }
  return (
    <Dialog label="Settings of this thread" class="thread-settings" close={close}>
      <DialogHead title="Settings of this thread" close={close} />
      <form
        onSubmit={(event) => {
          event.preventDefault()
          void save()
        }}
      >
        <Models about={about} fields={fields} set={set} />
        <Drawing about={about} fields={fields} set={set} />
        <Editing fields={fields} set={set} />
        <FieldProblem text={problem} />
        <div class="dialog-actions">
          <button type="button" class="button" onClick={close}>
            Cancel
          </button>
          <button type="submit" class="button primary">
            Save
          </button>
        </div>
      </form>
    </Dialog>
  )
}

interface GroupProps {
  readonly fields: SettingFields
  readonly set: (name: SettingName) => (value: string) => void
}

const roles = [
  ['mllm', 'mllm', 'Language model'],
  ['t2i', 't2i', 'Picture model'],
  ['inpaint-model', 'inpaint', 'Inpainting model'],
] as const

/** Only where there is something to choose from. */
function Models({ about, fields, set }: GroupProps & Pick<ThreadSettingsProps, 'about'>) {
  const offered = roles.filter(([, role]) => (about?.offered?.[role]?.length ?? 0) > 1)
  if (offered.length === 0) return null
  return (
    <fieldset class="options">
      <legend>Models</legend>
      {offered.map(([name, role, label]) => (
        <Choice
          key={name}
          label={label}
          value={fields[name]}
          set={set(name)}
          choices={about?.offered?.[role]}
          first={about?.models[role]}
        />
      ))}
    </fieldset>
  )
}

const Drawing = ({ about, fields, set }: GroupProps & Pick<ThreadSettingsProps, 'about'>) => (
  <fieldset class="options">
    <legend>Drawing</legend>
    <NumberField label="Steps" hint={about?.defaults.steps} min={1} max={150} value={fields.steps} set={set('steps')} />
    <NumberField
      label="Guidance"
      hint={about?.defaults.guidanceScale}
      min={0}
      max={30}
      step={0.5}
      value={fields.guidance}
      set={set('guidance')}
    />
    <Choice
      label="Sampler"
      value={fields.sampler}
      set={set('sampler')}
      choices={about?.samplers}
      first={about?.defaults.sampler}
    />
    <Choice
      label="Size"
      value={fields.size}
      set={set('size')}
      choices={[...(fields.size.includes('x') ? [fields.size] : []), ...aspectRatios]}
      first={about && `${about.defaults.width}×${about.defaults.height}`}
    />
    <Choice label="Pictures" value={fields.count} set={set('count')} choices={['1', '2', '3', '4']} first="1" />
    <Choice label="Style" value={fields.style} set={set('style')} choices={about?.styles} first="none" />
    <Words label="Leave out" hint="what pictures should not show" value={fields.negative} set={set('negative')} />
    <Words label="LoRA" hint="name:weight, several with commas" value={fields.lora} set={set('lora')} />
    <Choice label="My words" value={fields.raw} set={set('raw')} choices={['true']} first="refined" names={rawNames} />
  </fieldset>
)

const Editing = ({ fields, set }: GroupProps) => (
  <fieldset class="options">
    <legend>Editing</legend>
    <Choice label="Engine" value={fields.engine} set={set('engine')} choices={editEngines} first="default" />
    <NumberField
      label="Strength"
      hint={0.5}
      min={0}
      max={1}
      step={0.05}
      value={fields.strength}
      set={set('strength')}
    />
    <Choice
      label="Before an edit"
      value={fields.confirm}
      set={set('confirm')}
      choices={['true', 'false']}
      first="default"
      names={confirmNames}
    />
    <Choice
      label="Seams"
      value={fields.restore}
      set={set('restore')}
      choices={['false']}
      first="restored"
      names={restoreNames}
    />
  </fieldset>
)

const rawNames = { true: 'drawn as they are' }
const confirmNames = { true: 'show it and ask', false: 'apply at once' }
const restoreNames = { false: 'left as drawn' }

interface WordsProps {
  readonly label: string
  readonly hint: string
  readonly value: string
  readonly set: (value: string) => void
}

const Words = ({ label, hint, value, set }: WordsProps) => (
  <label class="option wide">
    <span>{label}</span>
    <input
      class="field"
      type="text"
      placeholder={hint}
      value={value}
      onInput={(event) => set(event.currentTarget.value)}
    />
  </label>
)
