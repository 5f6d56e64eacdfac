import js from '@eslint/js'
import vue from 'eslint-plugin-vue'
import accessibility from 'eslint-plugin-vuejs-accessibility'
import tseslint from 'typescript-eslint'

/** What a slice may not import: another slice. What two slices need belongs to `kit` or `api`. */
const slices = (up) => ({
  patterns: [
    { group: ['@/features/**'], message: 'A slice never imports a slice: move it to kit/ or api/.' },
    { group: up, message: 'Leave the slice by @/kit, @/api or @/app only.' },
    { group: ['vuetify', 'vuetify/components', 'vuetify/lib/**'], message: 'Vuetify components come by their tags.' },
  ],
})

export default tseslint.config(
  { ignores: ['dist', 'src/api/gen', 'src/api/limits.gen.ts', 'e2e/results', 'public'] },
  js.configs.recommended,
  ...tseslint.configs.strict,
  ...vue.configs['flat/recommended'],
  ...accessibility.configs['flat/recommended'],
  {
    files: ['**/*.vue'],
    languageOptions: { parserOptions: { parser: tseslint.parser } },
  },
  {
    languageOptions: { globals: { console: 'readonly', process: 'readonly', URL: 'readonly' } },
    rules: {
      'no-undef': 'off',
      'max-lines': ['error', { max: 200, skipBlankLines: true, skipComments: true }],
      'no-restricted-globals': ['error', { name: 'fetch', message: 'Calls go through src/api.' }],
      'no-restricted-syntax': [
        'error',
        {
          selector: "CallExpression[callee.property.name='insertAdjacentHTML'], AssignmentExpression[left.property.name='innerHTML']",
          message: 'The page allows no HTML from strings (Trusted Types).',
        },
      ],
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { varsIgnorePattern: '^_$', argsIgnorePattern: '^_' }],
      '@typescript-eslint/unified-signatures': 'off',
      'vue/no-v-html': 'error',
      'vue/no-static-inline-styles': ['error', { allowBinding: true }],
      'vue/valid-v-slot': ['error', { allowModifiers: true }],
      'vue/multi-word-component-names': 'off',
      'vue/max-attributes-per-line': 'off',
      'vue/singleline-html-element-content-newline': 'off',
      'vue/html-self-closing': ['error', { html: { void: 'always', normal: 'always', component: 'always' } }],
      'vue/html-closing-bracket-newline': 'off',
      'vue/html-indent': 'off',
      'vue/require-default-prop': 'off',
      'vue/attributes-order': 'off',
      'vue/first-attribute-linebreak': 'off',
      'vuejs-accessibility/label-has-for': ['error', { required: { some: ['nesting', 'id'] } }],
      'vuejs-accessibility/no-autofocus': 'off',
      'vuejs-accessibility/form-control-has-label': 'off',
    },
  },
  { files: ['src/features/**'], rules: { 'no-restricted-imports': ['error', slices(['../../../**', '../../*'])] } },
  { files: ['src/features/*/*.{ts,vue}'], rules: { 'no-restricted-imports': ['error', slices(['../**'])] } },
  { files: ['src/api/**', 'e2e/**'], rules: { 'no-restricted-globals': 'off' } },
  { files: ['**/*.spec.ts'], rules: { '@typescript-eslint/no-non-null-assertion': 'off', 'max-lines': 'off' } },
)
