import type { EditEngine, EditRequest } from '../contract/inference.ts'
import type { MaskedModels } from './draw-masked.ts'
import { editLedits } from './edit-ledits.ts'
import { createEditP2p } from './edit-p2p.ts'
import type { Pipeline } from './pipeline.ts'

/** Changes a picture by words, with the engine that a request names; `direct-inversion-p2p` keeps inversions. */
export function createEdit(): Pipeline<EditRequest, MaskedModels> {
  const engines: Readonly<Record<EditEngine, Pipeline<EditRequest, MaskedModels>>> = {
    'direct-inversion-p2p': createEditP2p(),
    ledits: editLedits,
  }
  return (request, models, context) => engines[request.engine ?? 'direct-inversion-p2p'](request, models, context)
}
