import { expect, it } from 'vitest'
import { openDevices, wantedDevices } from '../../src/inference/devices.ts'

it('asks for one device for all, or for another one for the language model or the pictures', () => {
  expect(wantedDevices({})).toEqual({ mllm: 'auto', pictures: 'auto' })
  expect(wantedDevices({ device: 'cuda' })).toEqual({ mllm: 'cuda', pictures: 'cuda' })
  expect(wantedDevices({ device: 'cpu', pictureDevice: 'cuda:1' })).toEqual({ mllm: 'cpu', pictures: 'cuda:1' })
})

it('opens a device once, with one budget and one name', async () => {
  const devices = await openDevices({ device: 'cpu', pictureDevice: 'cpu' }, {}, () => Promise.resolve(16e9))
  expect(devices.runtimeOf('mllm')).toBe(devices.runtimeOf('t2i'))
  expect([...devices.budgets]).toEqual([['cpu', 12e9]])
  expect(devices.summary).toBe('cpu')
})

it('shares the CPU with a device that is not there, and says once which one', async () => {
  const warned: string[] = []
  const options = { warn: (line: string) => void warned.push(line) }
  const devices = await openDevices({ device: 'cpu', mllmDevice: 'cuda:63' }, options, () => Promise.resolve(16e9))
  expect(devices.runtimeOf('mllm')).toBe(devices.runtimeOf('restore'))
  expect(warned).toEqual([expect.stringMatching(/^device cuda:63 cannot be used, running on cpu instead: cuda:63: ./)])
})

it('keeps what the language model may remember to a share of its own device', async () => {
  const { chatMemoryBytes } = await openDevices({ device: 'cpu' }, {}, () => Promise.resolve(16e9))
  expect(chatMemoryBytes).toBe(1.5e9)
})
