/** UNet steps, VAE decodes and LLaVA's vision tower against PyTorch and stable-diffusion.cpp. */
import path from 'node:path'
import { runEngine } from './alternate.ts'
import { modelFolder, nodeEngine, pythonEngine, type Case, type Part, type Settings } from './case.ts'
import { makePictureModel, pictureFolder, pictureModels, pictureName, type PictureModel } from './picture-models.ts'

interface Comparison {
  readonly name: string
  readonly part: Part
  readonly task: 'unet' | 'vae' | 'vision'
  readonly model: PictureModel
  readonly side: number
  readonly batch: number
  /** Runs of the network that are timed in one process, after one that is not. */
  readonly steps: number
  readonly sdcpp?: boolean
}

function pictureCase(comparison: Comparison): Case {
  const { name, part, task, model, batch, steps } = comparison
  const jobOf = (settings: Settings) => ({
    task,
    folder: pictureFolder(model, settings),
    file: model.file,
    threads: settings.threads,
    side: settings.side ?? comparison.side,
    batch,
    steps,
    towerPrefix: 'vision_tower.vision_model.',
    projectorPrefix: 'multi_modal_projector.',
  })
  const ours = (job: object) => nodeEngine('ours fp32', 'ours-pictures.ts', job)
  return {
    name,
    part,
    model: (settings) => pictureName(model, settings),
    prepare: async (settings) => {
      makePictureModel(model, settings)
      if (comparison.sdcpp) for (const other of sdcppModels) makePictureModel(other, settings)
      // The first load optimises the graph into the cache; a small picture is enough for it.
      await runEngine(ours({ ...jobOf(settings), side: 64, batch: 1, steps: 1 }))
    },
    engines: (settings) => [
      ours(jobOf(settings)),
      pythonEngine(settings, 'PyTorch fp32', 'torch_engine.py', { ...jobOf(settings), channelsLast: true }),
      ...(comparison.sdcpp ? [sdcppEngine(settings, jobOf(settings))] : []),
    ],
  }
}

const sdcppModels: readonly PictureModel[] = [pictureModels.sd15Unet, pictureModels.vae, pictureModels.text]

/** A step is two rows, run one after the other: what it does for guidance. Weights stay half-precision, as in the file. */
function sdcppEngine(
  settings: Settings,
  job: { readonly threads: number; readonly side: number; readonly steps: number },
) {
  const [unet, vae, textEncoder] = sdcppModels.map((model) => path.join(pictureFolder(model, settings), model.file))
  const { threads, side, steps } = job
  return pythonEngine(settings, 'stable-diffusion.cpp', 'sdcpp_engine.py', {
    bundle: modelFolder(settings, 'sd15-bundle'),
    unet,
    vae,
    text_encoder: textEncoder,
    threads,
    side,
    steps,
    wtype: 'default',
    flashAttention: false,
    directConvolution: false,
  })
}

const machineCase: Case = {
  name: 'Machine: plain float32 operators',
  part: 'torch',
  model: () => 'plain',
  prepare: () => Promise.resolve(),
  engines: (settings) => {
    const job = { task: 'gemm', folder: path.join(settings.folder, 'models/plain'), size: 2048, steps: 5 }
    const { threads } = settings
    return [
      nodeEngine('onnxruntime', 'ours-pictures.ts', { ...job, threads }),
      pythonEngine(settings, 'PyTorch', 'torch_engine.py', { ...job, threads, channelsLast: true }),
    ]
  },
}

const { sd15Unet, sdxlUnet, vae, vision } = pictureModels

export const pictureCases: readonly Case[] = [
  machineCase,
  pictureCase({
    name: 'LLaVA vision tower and projector, one picture',
    part: 'vision',
    task: 'vision',
    model: vision,
    side: 336,
    batch: 1,
    steps: 3,
  }),
  pictureCase({
    name: 'SD1.5 UNet step, 512x512, two rows',
    part: 'torch',
    task: 'unet',
    model: sd15Unet,
    side: 512,
    batch: 2,
    steps: 1,
  }),
  pictureCase({
    name: 'SD1.5 UNet step and VAE decode, 512x512, stable-diffusion.cpp beside',
    part: 'sdcpp',
    task: 'unet',
    model: sd15Unet,
    side: 512,
    batch: 2,
    steps: 1,
    sdcpp: true,
  }),
  pictureCase({ name: 'VAE decode, 512x512', part: 'torch', task: 'vae', model: vae, side: 512, batch: 1, steps: 1 }),
  pictureCase({
    name: 'SDXL UNet step, 768x768, one row',
    part: 'torch',
    task: 'unet',
    model: sdxlUnet,
    side: 768,
    batch: 1,
    steps: 1,
  }),
]
