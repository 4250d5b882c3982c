import { runningThreads, threadsWhenWorthIt } from '../src/threads.js'
import { pause } from './system.js'

/** Has the process's threads running, as something large does; they end some seconds later. */
export async function startThreads(): Promise<void> {
  const coder = await threadsWhenWorthIt.createCoder({ compression: 'none', level: 3, chunkBytes: 65_536 })
  coder.expect?.(67_108_864, 'encode')
  while (!runningThreads()) await pause(5)
  await coder.close()
}
