Ver este aviso en el navegador: {{view_url}}
{{#brand.support_url}}
Ayuda: {{brand.support_url}}
{{/brand.support_url}}
{{#preferences_url}}
Si no quiere recibir avisos como este, cambie sus preferencias: {{preferences_url}}
{{/preferences_url}}
{{#tracked}}

Para dejar constancia de la entrega, registramos si este correo se abre o si se usan sus enlaces{{#brand.tracking_basis}} ({{brand.tracking_basis}}){{/brand.tracking_basis}}.
{{/tracked}}

{{brand.title}}{{#brand.tax_id}} · {{brand.tax_id}}{{/brand.tax_id}}{{#brand.postal_address}} · {{brand.postal_address}}{{/brand.postal_address}}
{{#brand.website}}
{{brand.website}}
{{/brand.website}}
Referencia {{subject_ref}}
