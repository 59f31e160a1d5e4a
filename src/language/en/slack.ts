/** Said on Slack beside the bot's own words. A title has at most 24 characters. */
export const slack = {
  /** The message that a command starts its thread with. */
  asked: (name: string, words: string) => `*${name}*: ${words}`,
  blurred: 'Blurred: Slack hides no pictures until they are pressed.',
  /** Above the files of a private answer, in the conversation with the bot. */
  filesSent: 'I sent you the files in our direct messages.',
  notServed: 'I am not to answer in this channel. Ask in another one, or ask an admin.',
  notInChannel: 'I am not in this channel. Write /invite and my name, then ask again.',
  expired: 'That button is too old for me. Ask once more.',
  noPicture: 'There is no picture in that message.',
  failed: 'That did not work here. Try again in a moment.',
  pane: {
    greeting: 'Write what you would like to see, or send a picture and say what should change.',
    suggestions: 'Begin with one of these:',
  },
  form: {
    send: 'Send',
    cancel: 'Cancel',
    editTitle: 'Edit this picture',
    askTitle: 'Ask about this picture',
    newTitle: 'New picture',
    change: 'What should change',
    question: 'What would you like to know',
    wish: 'What would you like to see',
    where: 'Where to draw it',
    /** Beside the field for a mask in words. */
    maskWords: 'Marked part: boxes (10%,20%,30%,30%) or cells (3x3:4)',
    maskFile: 'Or a picture that is white where it is drawn anew',
    maskLink: 'Mark it with a brush in the browser',
  },
} as const
