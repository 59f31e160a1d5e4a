/** Said by the Discord adapter. Labels have at most 45 characters, hints 100. */
export const discord = {
  done: 'Done.',
  notHere: 'I do not answer here.',
  pictureTooLarge: 'A picture is too large to be shown here.',
  fileTooLarge: (name: string) => `The file ${name} is too large to be sent here.`,
  noFilesHere: 'I may not attach files in this channel; someone who manages it can allow it.',
  noPicture: 'There is no picture in that message.',
  tooLate: 'That took too long; please begin once more.',
  form: {
    change: 'What should change',
    question: 'What you would like to know',
    boxes: 'What is drawn anew: boxes or cells',
    boxesHint: 'x,y,width,height such as 10%,20%,30%,30% – or 3x3:4, the middle cell of a grid of 3 by 3',
    maskFile: 'Or a picture that is white there',
    maskFileHint: 'A PNG in the shape of the picture: white is drawn anew, black is kept',
    paint: (url: string) => `You can also [paint it in the browser](${url}).`,
    number: (min: number, max: number) => `A number from ${min} to ${max}`,
  },
} as const
