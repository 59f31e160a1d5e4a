import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { knownSettings } from '../../config/load.ts'

const read = (file: string) => readFileSync(file, 'utf8')
const dockerfile = read('Dockerfile')
const unit = read('deploy/llmga.service')
const { scripts, engines } = JSON.parse(read('package.json')) as {
  scripts: { start: string }
  engines: { node: string }
}

describe('the Dockerfile', () => {
  it('copies what exists and is not ignored', () => {
    const ignored = new Set(read('.dockerignore').split('\n'))
    const copies = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, files]) => files!.split(' '))
    expect(copies).toContain('src')
    for (const file of copies) {
      expect(existsSync(file), file).toBe(true)
      expect(ignored.has(file), file).toBe(false)
    }
    const stages = [...dockerfile.matchAll(/^FROM \S+ AS (\S+)$/gm)].map(([, name]) => name)
    const from = [...dockerfile.matchAll(/--from=(\S+)/g)].map(([, name]) => name!)
    expect(from.filter((name) => !stages.includes(name) && !name.includes(':'))).toEqual([])
  })

  it('starts as npm start does, not as root, on a Node that is new enough', () => {
    const commands = [...dockerfile.matchAll(/^CMD (\[.*\])$/gm)].map(([, words]) =>
      (JSON.parse(words!) as string[]).join(' '),
    )
    expect(commands).toEqual([scripts.start, scripts.start])
    expect(dockerfile.match(/^USER (?!root)/gm)).toHaveLength(2)
    expect(dockerfile.match(/^HEALTHCHECK/gm)).toHaveLength(2)
    const major = Number(/FROM node:(\d+)/.exec(dockerfile)![1])
    expect(major).toBeGreaterThanOrEqual(Number(/\d+/.exec(engines.node)![0]))
    expect(existsSync('node_modules/onnxruntime-node/script/install.js')).toBe(true)
  })
})

describe('compose and systemd', () => {
  it('give the drain its time and set only settings that exist', () => {
    const drain = knownSettings().find(({ key }) => key === 'drainSeconds')!
    expect(drain.variable).toBe('LLMGA_DRAIN_SECONDS')
    expect(Number(/stop_grace_period: (\d+)s/.exec(read('compose.yaml'))![1])).toBeGreaterThan(20)
    expect(Number(/TimeoutStopSec=(\d+)/.exec(unit)![1])).toBeGreaterThan(20)
    const text = dockerfile + unit + read('compose.yaml')
    const known = new Set(knownSettings().map(({ variable }) => variable))
    expect((text.match(/\bLLMGA_[A-Z_]+/g) ?? []).filter((name) => !known.has(name))).toEqual([])
  })

  it('build the stages that there are, and start as npm start does', () => {
    const targets = [...read('compose.yaml').matchAll(/target: (\w+)/g)].map(([, name]) => name!)
    expect(targets).toEqual(['cpu', 'cuda'])
    for (const name of targets) expect(dockerfile).toMatch(new RegExp(`^FROM \\S+ AS ${name}$`, 'm'))
    expect(unit).toContain(`ExecStart=/usr/bin/${scripts.start}\n`)
  })
})
