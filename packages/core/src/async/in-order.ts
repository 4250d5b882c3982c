/**
 * Applies `work` to each item of `source`, with up to `concurrency` calls under way (where that is a function it is asked anew each
 * time), and yields the results in the order of the items. When it ends early, by an error or because the consumer stops, it waits for
 * the calls under way before it returns, so that nothing goes on behind the caller's back.
 */
export async function* inOrder<T, R>(
  source: AsyncIterable<T> | Iterable<T>,
  concurrency: number | (() => number),
  work: (item: T) => Promise<R>,
): AsyncGenerator<R, void, undefined> {
  const underWay: Promise<R>[] = []
  const next = async (): Promise<R> => {
    const result = await (underWay[0] as Promise<R>)
    void underWay.shift()
    return result
  }
  try {
    for await (const item of source) {
      const promise = work(item)
      // A failure is reported when its turn comes; until then it is not unhandled.
      promise.catch(() => undefined)
      underWay.push(promise)
      while (underWay.length >= (typeof concurrency === 'number' ? concurrency : concurrency())) yield await next()
    }
    while (underWay.length > 0) yield await next()
  } finally {
    await Promise.allSettled(underWay)
  }
}
