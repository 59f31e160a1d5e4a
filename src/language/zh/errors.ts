import type { AllowedValues } from '../allowed-values.ts'
import type { Sentences } from '../sentences.ts'

const codes: Sentences['errors']['codes'] = {
  'config/invalid': '机器人的配置有误；请告知它的管理者。',
  'config/port-in-use': '端口已被占用；请停止另一个程序，或换一个端口。',
  'input/empty': '没有可以处理的内容；请写下你想要什么，或发送一张图片。',
  'input/too-long': '这段文字太长了；请发送短一些的。',
  'input/not-text': '这看起来不是文字；请用普通文字书写，或以图片形式发送。',
  'input/unknown-option': '没有这个选项；/help 会列出所有可用的选项。',
  'input/invalid-option': '有一个选项的值不被允许；/help 会说明可用的值。',
  'input/not-found': '这里没有它，或者它不属于你。',
  'image/unreadable': '这个文件不是可以读取的图片；请发送 PNG、JPEG 或 WebP 文件。',
  'image/unsupported': '不支持这类图片；请发送静态的 PNG、JPEG 或 WebP 文件。',
  'image/too-large': '这张图片太大了；请发送小一些的。',
  'weights/missing': '模型的一个文件缺失；需要机器人的管理者恢复它。',
  'weights/corrupt': '模型的一个文件已损坏；需要机器人的管理者恢复它。',
  'weights/shape-mismatch': '模型的文件彼此不匹配；需要机器人的管理者恢复它们。',
  'weights/hash-mismatch': '模型的一个文件被改动过；需要机器人的管理者恢复它。',
  'model/unsupported': '当前使用的模型做不到这一点。',
  'model/not-found': '所要求的模型没有安装。',
  'model/too-large': '这台机器的内存放不下这个模型；请要小一些的图片，或者请管理员换用更小的模型或更低的精度。',
  'hub/unreachable': '无法连接到下载模型的地方。',
  'inference/cancelled': '已取消。',
  'inference/worker-crashed': '模型意外停止，现已重新启动；请再试一次。',
  'inference/out-of-memory': '内存不足，无法完成；请尝试更小的尺寸或更少的图片。',
  'inference/failed': '模型未能完成；请再试一次。',
  'storage/full': '机器人的磁盘已满或无法写入；请等有空间后再试。',
  'storage/newer-version': '这是由较新版本的机器人写入的；需要更新机器人才能打开。',
  'storage/corrupt': '这里保存的某些内容已损坏，已原样保留。',
  'storage/locked': '另一个进程正在使用数据文件夹；请先停止它。',
  'access/denied': '只有发起此对话的人才能这样做。',
  'access/limit': '你等待中的任务已达上限；请等其中一个完成，或取消一个。',
  internal: '机器人出了问题；请再试一次。',
}

function allowed(values: AllowedValues): string {
  switch (values.type) {
    case 'number':
      return `${values.min} 到 ${values.max} 之间的${values.whole ? '整数' : '数'}`
    case 'names':
      return values.names
    case 'yes-or-no':
      return 'true（是）或 false（否）'
    case 'avoided-words':
      return '用文字说明要避免的内容'
    case 'source-words':
      return '用文字说明图片的内容'
    case 'size':
      return `宽x高（像素），各为 ${values.min} 到 ${values.max} 之间 8 的倍数，例如 512x768`
    case 'ratio':
      return `宽:高，从 1:${values.most} 到 ${values.most}:1，例如 16:9`
    case 'amount':
      return '像素数（例如 64）或比例（例如 25%）'
    case 'loras':
      return '名称或 名称:权重（0 到 2），多个用逗号隔开；none 表示不用'
    case 'weights':
      return '词:权重（0 到 4），多个用逗号隔开，例如 fox:1.5'
    case 'mask':
      return 'JSON 格式的蒙版'
    case 'boxes':
      return 'x,y,宽,高，以图片的比例表示，例如 10%,20%,30%,30%；多个用分号隔开'
    case 'cells':
      return '列数x行数，以及从 0 开始逐行计数的格子，例如 3x3:0,1,4'
    case 'scale':
      return '1、2 或 4'
    case 'steps':
      return '步数，一个整数'
  }
}

export const errors: Sentences['errors'] = {
  codes,
  someFile: '模型的一个文件',
  file: (name) => `模型文件 ${name} `,
  sentence: (message, hint) => `${/[。！？]$/.test(message) ? message : `${message}。`}${hint}`,
  allowed,
}
