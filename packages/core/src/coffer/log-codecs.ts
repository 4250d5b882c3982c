import { loadSodium } from '../cipher/sodium.js'
import type { Engine, Recipe } from '../engine/engine.js'
import { createCiphers, Layout } from '../engine/layout.js'
import { LogFile } from '../log/log-file.js'
import { deriveLogKey, RecordCodec } from '../log/record.js'
import type { StorageFile } from '../storage/storage.js'
import { describeVariant, type Variant } from './variants.js'

/** A file together with what coding it takes, under the keys of `recipe`. */
export async function openLogFile(file: StorageFile, variant: Variant, recipe: Recipe, engine: Engine): Promise<LogFile> {
  const sodium = await loadSodium()
  const ciphers = await createCiphers(recipe, engine.platform)
  const keys = [recipe.container?.key, recipe.member?.key].filter((key) => key !== undefined)
  const logKey = deriveLogKey(sodium, { keys, descriptor: describeVariant(variant) })
  return new LogFile(file, {
    sodium,
    layout: new Layout(recipe, ciphers),
    container: ciphers.container,
    records: new RecordCodec(sodium, logKey, variant.code),
    coder: await engine.createCoder(recipe),
  })
}
