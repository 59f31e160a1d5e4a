import { exitCodes } from './exit-codes.ts'

/** Ctrl-C: the first one cancels, the second one leaves at once. Returns how to stop listening. */
export function onInterrupt(cancel: () => void): () => void {
  let times = 0
  const listener = () => {
    times += 1
    if (times > 1) process.exit(exitCodes.cancelled)
    cancel()
  }
  process.on('SIGINT', listener)
  return () => process.off('SIGINT', listener)
}
