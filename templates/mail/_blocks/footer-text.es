Ver este aviso en el navegador: {{view_url}}
{{#brand.support_url}}
Ayuda: {{brand.support_url}}
{{/brand.support_url}}
{{#preferences_url}}
Si no quiere recibir avisos como este, cambie sus preferencias: {{preferences_url}}
{{/preferences_url}}
{{#tracked}}

Para dejar constancia de la entrega, registramos {{#tracked_opens}}si este correo se abre{{/tracked_opens}}{{#tracked_links}}{{#tracked_opens}} y {{/tracked_opens}}si se usan sus enlaces{{/tracked_links}}{{#brand.tracking_basis}} ({{brand.tracking_basis}}){{/brand.tracking_basis}}.
{{/tracked}}

{{brand.title}}{{#brand.tax_id}} · {{brand.tax_id}}{{/brand.tax_id}}{{#brand.postal_address}} · {{brand.postal_address}}{{/brand.postal_address}}
{{#brand.website}}
{{brand.website}}
{{/brand.website}}
Referencia {{subject_ref}}
