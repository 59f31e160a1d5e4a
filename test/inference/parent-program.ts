import { pino } from 'pino'
import { collect, openDoor } from './door.ts'
import { chatOf, drawingOf } from './plan.ts'

/** A bot that says its worker's process id and then has it draw for minutes. */
const door = openDoor('./worker-program.ts', pino({ level: 'silent' }))
const last = (await collect(door.run(chatOf({ tokens: 1, ms: 1 })))).at(-1)
const drawing = door.run(drawingOf(1000, 200))
for await (const event of drawing)
  if (event.type === 'step' && event.step === 2 && last?.type === 'done')
    process.stdout.write(`${last.result.timings['pid']}\n`)
