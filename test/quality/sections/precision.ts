/** What fewer bits change: greedy replies to the questions about pictures, logits and perplexity against fp32. */
import { pictureQuestions, precisionLosses } from '../precision.ts'
import { share, type Table } from '../score.ts'

export async function precision(): Promise<readonly Table[]> {
  const losses = await precisionLosses(pictureQuestions())
  return [
    {
      title: 'Precision of the language model',
      note: 'Greedy replies to the questions about pictures, token by token; logits and perplexity at the replies of fp32.',
      header: [
        'precision',
        'tokens as in fp32',
        'tokens',
        'relative error of the logits',
        "perplexity of fp32's replies",
      ],
      rows: losses.map(({ precision, agreement, tokens, logitError, perplexity }) => [
        precision,
        share(agreement),
        String(tokens),
        logitError.toPrecision(2),
        perplexity.toFixed(4),
      ]),
    },
  ]
}
