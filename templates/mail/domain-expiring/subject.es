Su dominio {{event.name}} vence el {{event.expires_on | date:"day"}}
