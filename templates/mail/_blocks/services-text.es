{{#service}}

Servicios que se verán afectados:
{{#services}}
- {{name}}{{#product}} ({{product}}){{/product}}
{{/services}}
{{/service}}
