import { expose } from 'comlink'
import { createBrowserDeps } from './browser-deps.ts'
import { createEngine } from './engine.ts'

/** ONNX Runtime starts its threads from the worker's own file under this name; they must not become engines. */
const THREAD_NAME = 'em-pthread'

if (self.name !== THREAD_NAME) expose(createEngine(createBrowserDeps()))
