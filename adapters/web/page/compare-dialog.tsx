import type { WireImage } from '../wire.ts'
import { Comparison } from './comparison.tsx'
import { Dialog, DialogHead } from './dialog.tsx'

interface CompareDialogProps {
  readonly before: WireImage
  readonly after: WireImage
  readonly close: () => void
}

/** Any two pictures of the thread. */
export const CompareDialog = ({ before, after, close }: CompareDialogProps) => (
  <Dialog label="Compare" class="compare-dialog" close={close}>
    <DialogHead title="Compare" close={close} />
    <Comparison before={before} after={after} titles={['Chosen', 'Current']} />
  </Dialog>
)
