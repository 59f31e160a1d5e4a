import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { chooseDevice, deviceName, executionProvider, hasGraphicsCard, parseDevice } from '../../src/runtime/device.ts'

const devices = mkdtempSync(path.join(tmpdir(), 'llmga-test-'))
afterAll(() => rmSync(devices, { recursive: true, force: true }))

it('a card on Linux is a render node, a device of NVIDIA, or that of WSL', () => {
  expect(hasGraphicsCard('linux', path.join(devices, 'not-there'))).toBe(false)
  for (const [system, file, found] of [
    ['screen', 'dri/card0', false],
    ['render', 'dri/renderD128', true],
    ['control', 'nvidiactl', false],
    ['nvidia', 'nvidia0', true],
    ['wsl', 'dxg', true],
  ] as const) {
    const where = path.join(devices, system, file)
    mkdirSync(path.dirname(where), { recursive: true })
    writeFileSync(where, '')
    expect(hasGraphicsCard('linux', path.join(devices, system)), system).toBe(found)
  }
  expect(hasGraphicsCard('darwin', devices)).toBe(true)
})

it('auto does not take WebGPU without a card, and says so', async () => {
  const { refused } = await chooseDevice('auto', { hasCard: false })
  expect(refused.filter((line) => line.startsWith('webgpu')).join()).toMatch(/^(webgpu: no graphics card)?$/)
  if (refused.length === 2) expect(refused[1]).toBe('webgpu: no graphics card')
})

it('knows CUDA cards by their number, the first also without it', () => {
  expect(parseDevice('cuda:2')).toEqual({ device: 'cuda', index: 2 })
  expect(parseDevice('webgpu')).toEqual({ device: 'webgpu', index: 0 })
  expect([deviceName('cuda', 0), deviceName('cuda', 2), deviceName('cpu', 0)]).toEqual(['cuda', 'cuda:2', 'cpu'])
  expect(executionProvider('cuda', 2)).toEqual({ name: 'cuda', deviceId: 2 })
  expect(executionProvider('webgpu', 0)).toBe('webgpu')
})

it('takes the CPU for a card that is not there, and names the card', async () => {
  const { device, refused } = await chooseDevice('cuda:63')
  expect(device).toBe('cpu')
  expect(refused).toHaveLength(1)
  expect(refused[0]).toMatch(/^cuda:63: ./)
})
