import { createApp } from 'vue'
import App from './app.vue'

const app = createApp(App)
app.config.compilerOptions.isCustomElement = (tag) => tag === 'pocket-shelf'
app.mount('#app')
