import { useEffect, useRef, useState } from 'preact/hooks'
import type { WireControl } from '../wire.ts'
import { readMaskLink, sendMask } from './api.ts'
import { MaskEditor } from './mask-editor/mask-editor.tsx'

/** The mask editor alone, for a person of another platform who followed a link. */
export function MaskPage({ token }: { readonly token: string }) {
  const [control, setControl] = useState<WireControl>()
  const [words, setWords] = useState('Loading the picture…')
  const sent = useRef(false)
  const end = (sentence: string): void => {
    setControl(undefined)
    setWords(sentence)
  }
  useEffect(() => {
    readMaskLink(token).then(setControl, (error: Error) => setWords(error.message))
  }, [])
  const mask = control?.fields?.find((field) => field.type === 'mask')
  return control !== undefined && mask !== undefined ? (
    <MaskEditor
      control={control}
      field={mask}
      send={async (values, files) => {
        await sendMask(token, control.actionId, values, files)
        sent.current = true
      }}
      close={() =>
        end(
          sent.current
            ? 'Sent. The picture comes in your chat; you can close this page.'
            : 'Nothing was sent. You can close this page, or load it again.',
        )
      }
    />
  ) : (
    <main class="mask-page">
      <p role="status">{words}</p>
    </main>
  )
}
