/**
 * `Symbol.asyncDispose`, or in engines that have none yet (Safari 26) the symbol that bundlers take for it where they rewrite `await using`.
 */
export const asyncDispose: typeof Symbol.asyncDispose = Symbol.asyncDispose ?? Symbol.for('Symbol.asyncDispose')
