/** Said in replies beside the language model's words. */
export const replies = {
  /** The sentence before a picture, where the language model said none. */
  here: 'Sure! Here is the picture:',
  restored: 'Here is the restored picture:',
  enlarged: (scale: number) => `Here it is, ${scale} times as large:`,
  /** What a picture is called that has neither prompt nor name. */
  picture: 'Picture',
  mask: 'What is drawn anew',
  unchanged: 'Nothing of the picture changed.',
  /** `percent` is a whole number or one of the two below. */
  changed: (percent: string) => `${percent} % of the picture changed.`,
  lessThanOne: 'Less than 1',
  moreThan99: 'More than 99',
  leftOut: (turns: number) =>
    `This conversation has grown longer than the model can take in: it no longer sees ${turns === 1 ? 'the oldest message and its answer' : `the oldest ${turns} messages and their answers`}.`,
  onePicture: (name: string) => `I look at one picture at a time: this is about ${name}.`,
  wordsDrawn: 'The model wrote no prompt for this, so your own words were drawn.',
  lastPromptDrawn: 'The model wrote no prompt for this, so the last one was drawn with your words.',
  notEdited:
    'The model wrote no new prompt, so the picture stays as it is. Say it in other words, or give the whole prompt with /edit --raw.',
  fewerPages: ({ written, asked }: { readonly written: number; readonly asked: number }) =>
    `The model wrote ${written === 1 ? 'one page' : `${written} pages`}; ${asked} were asked for.`,
}

/** What a button, or a command without words, says in the person's place. */
export const asked = {
  again: 'Draw it again with another seed.',
  page: (page: number) => `Draw page ${page} again.`,
  variations: 'Draw variations of it.',
  restore: 'Restore the picture.',
}
