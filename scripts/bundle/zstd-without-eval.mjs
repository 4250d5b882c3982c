// zstd-codec's embind (Emscripten, MIT) builds small functions out of text with `new Function`, which a Content-Security-Policy without
// `unsafe-eval` forbids. These do the same as closures.

const replacements = {
  createNamedFunction: `function createNamedFunction(name, body) {
    return function () { return body.apply(this, arguments) }
  }`,
  craftEmvalAllocator: `function craftEmvalAllocator(argCount) {
    return function (constructor, argTypes, args) {
      var values = []
      for (var i = 0; i < argCount; ++i) {
        var type = requireRegisteredType(Module["HEAP32"][(argTypes >> 2) + i], "parameter " + i)
        values.push(type.readValueFromPointer(args))
        args += type["argPackAdvance"]
      }
      return __emval_register(Reflect.construct(constructor, values))
    }
  }`,
  craftInvokerFunction: `function craftInvokerFunction(humanName, argTypes, classType, cppInvokerFunc, cppTargetFunc) {
    var argCount = argTypes.length
    if (argCount < 2) {
      throwBindingError("argTypes array size mismatch! Must at least get return value and 'this' types!")
    }
    var isMethod = argTypes[1] !== null && classType !== null
    var needsStack = false
    for (var i = 1; i < argTypes.length; ++i) {
      if (argTypes[i] !== null && argTypes[i].destructorFunction === undefined) { needsStack = true; break }
    }
    var returns = argTypes[0].name !== "void"
    return function () {
      if (arguments.length !== argCount - 2) {
        throwBindingError("function " + humanName + " called with " + arguments.length + " arguments, expected " + (argCount - 2) + " args!")
      }
      var destructors = needsStack ? [] : null, call = [cppTargetFunc], self
      if (isMethod) { self = argTypes[1].toWireType(destructors, this); call.push(self) }
      var wired = []
      for (var i = 0; i < argCount - 2; ++i) {
        wired[i] = argTypes[i + 2].toWireType(destructors, arguments[i])
        call.push(wired[i])
      }
      var result = cppInvokerFunc.apply(null, call)
      if (needsStack) runDestructors(destructors)
      else for (var i = isMethod ? 1 : 2; i < argTypes.length; ++i) {
        var value = i === 1 ? self : wired[i - 2]
        if (argTypes[i].destructorFunction !== null) argTypes[i].destructorFunction(value)
      }
      if (returns) return argTypes[0].fromWireType(result)
    }
  }`,
  __emval_get_method_caller: `function __emval_get_method_caller(argCount, argTypes) {
    var types = __emval_lookupTypes(argCount, argTypes)
    var returnType = types[0]
    return __emval_addMethodCaller(function (handle, name, destructors, args) {
      var values = [], offset = 0
      for (var i = 0; i < argCount - 1; ++i) {
        values.push(types[i + 1].readValueFromPointer(args + offset))
        offset += types[i + 1]["argPackAdvance"]
      }
      var result = handle[name].apply(handle, values)
      for (var i = 0; i < argCount - 1; ++i) {
        if (types[i + 1]["deleteObject"]) types[i + 1].deleteObject(values[i])
      }
      if (!returnType.isVoid) return returnType.toWireType(destructors, result)
    })
  }`,
  makeDynCaller: `function makeDynCaller(dynCall) {
    return function () { return dynCall.apply(null, [rawFunction].concat(Array.prototype.slice.call(arguments))) }
  }`,
}

/** The one place that would fetch the module's bytes, which are inside the script; a policy may forbid it. */
const fetching = 'if(!wasmBinary&&(ENVIRONMENT_IS_WEB||ENVIRONMENT_IS_WORKER)&&typeof fetch==="function")'

/** The source of zstd-codec-binding-wasm.js without `new Function`. Throws where it is not the source that this was made for. */
export function withoutEval(source) {
  for (const [name, replacement] of Object.entries(replacements)) source = replaceFunction(source, name, replacement)
  if (!source.includes(fetching)) throw new Error('zstd-codec is another version than this was made for: its fetch was not found')
  source = source.replace(fetching, 'if(false)')
  if (source.includes('new Function(')) throw new Error('zstd-codec is another version than this was made for: `new Function` is left')
  return source
}

function replaceFunction(source, name, replacement) {
  const start = source.indexOf(`function ${name}(`)
  if (start < 0) throw new Error(`zstd-codec is another version than this was made for: ${name} was not found`)
  let end = source.indexOf('{', start)
  for (let depth = 0; ; end++) {
    if (source[end] === '{') depth += 1
    else if (source[end] === '}' && --depth === 0) break
  }
  return source.slice(0, start) + replacement + source.slice(end + 1)
}
