import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'

const folder = path.join(homedir(), '.cache/lavapipe')
const driver = path.join(folder, 'lavapipe.json')
const without = existsSync(driver) ? '' : ' (SKIPPED: no software Vulkan; run test/gpu/lavapipe.sh ~/.cache/lavapipe)'
const temporary = mkdtempSync(path.join(tmpdir(), 'llmga-test-'))
afterAll(() => rmSync(temporary, { recursive: true, force: true }))

describe.skipIf(without !== '')(`WebGPU on software Vulkan${without}`, () => {
  it('runs golden cases at their own tolerances: a text encoder, a vision tower, a language model', () => {
    const cases = ['clip-text-sd15', 'clip-vision', 'lm-phi3-longrope']
    const args = ['--import', 'tsx', 'test/golden/run.ts', 'test/golden/cases/lm', '--device', 'webgpu']
    const { stdout, stderr, status } = spawnSync(process.execPath, [...args, '--only', `^(${cases.join('|')})$`], {
      encoding: 'utf8',
      env: {
        ...process.env,
        VK_ICD_FILENAMES: driver,
        LD_LIBRARY_PATH: path.join(folder, 'root/usr/lib/x86_64-linux-gnu'),
      },
    })
    expect(`${stdout}${stderr}`).toMatch(/3 passed, 0 failed/)
    expect(status).toBe(0)
  }, 180_000)
})
