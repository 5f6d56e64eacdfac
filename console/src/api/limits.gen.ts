// Written by scripts/limits.mjs from openapi.json.

/** What the API accepts in the fields of request bodies, so that forms say it before it refuses. */
export const limits = {
  "CodeOnly": {
    "code": {
      "minLength": 1,
      "maxLength": 64,
      "pattern": "^(?![\\u00ad\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180f\\u200b-\\u200f\\u202a-\\u202e\\u2060-\\u206f\\u2800\\u3164\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffb]*$)[^\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f-\\u009f]*$",
      "required": true
    }
  },
  "Connection": {
    "provider": {
      "minLength": 1,
      "maxLength": 50,
      "pattern": "^(?![\\s\\u00ad\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180f\\u200b-\\u200f\\u202a-\\u202e\\u2060-\\u206f\\u2800\\u3164\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffb]*$)[^\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f-\\u009f]*$",
      "required": true
    },
    "api_key": {
      "minLength": 1,
      "maxLength": 512,
      "pattern": "^(?![\\u00ad\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180f\\u200b-\\u200f\\u202a-\\u202e\\u2060-\\u206f\\u2800\\u3164\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffb]*$)[^\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f-\\u009f]*$",
      "required": true
    },
    "name": {
      "minLength": 1,
      "maxLength": 100,
      "pattern": "^(?![\\s\\u00ad\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180f\\u200b-\\u200f\\u202a-\\u202e\\u2060-\\u206f\\u2800\\u3164\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffb]*$)[^\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f-\\u009f\\t\\n\\r\\u2028\\u2029\\u202a-\\u202e\\u2066-\\u2069]*$",
      "required": true
    },
    "price_per_unit": {
      "pattern": "^(?!0+(?:\\.0+)?$)(?:(?:0|[1-9]\\d{0,8})(?:\\.\\d{1,6})?|10{9}(?:\\.0{1,6})?)$",
      "required": true
    },
    "daily_limit": {
      "pattern": "^(?!0+(?:\\.0+)?$)(?:(?:0|[1-9]\\d{0,8})(?:\\.\\d{1,6})?|10{9}(?:\\.0{1,6})?)$"
    },
    "monthly_limit": {
      "pattern": "^(?!0+(?:\\.0+)?$)(?:(?:0|[1-9]\\d{0,8})(?:\\.\\d{1,6})?|10{9}(?:\\.0{1,6})?)$"
    },
    "concurrency_limit": {
      "minimum": 1,
      "maximum": 1000
    },
    "rpm_limit": {
      "minimum": 1,
      "maximum": 1000000
    },
    "attestation": {
      "required": true
    }
  },
  "JobBulk": {
    "action": {
      "required": true
    },
    "filter": {
      "required": true
    },
    "preview": {
      "required": true
    },
    "token": {
      "minLength": 1,
      "maxLength": 16000,
      "pattern": "^(?![\\s\\u00ad\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180f\\u200b-\\u200f\\u202a-\\u202e\\u2060-\\u206f\\u2800\\u3164\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffb]*$)[^\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f-\\u009f]*$"
    },
    "reason": {
      "minLength": 1,
      "maxLength": 500,
      "pattern": "^(?![\\s\\u00ad\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180f\\u200b-\\u200f\\u202a-\\u202e\\u2060-\\u206f\\u2800\\u3164\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffb]*$)[^\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f-\\u009f]*$"
    }
  },
  "KeyQuestion": {
    "provider": {
      "minLength": 1,
      "maxLength": 50,
      "pattern": "^(?![\\s\\u00ad\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180f\\u200b-\\u200f\\u202a-\\u202e\\u2060-\\u206f\\u2800\\u3164\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffb]*$)[^\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f-\\u009f]*$",
      "required": true
    },
    "api_key": {
      "minLength": 1,
      "maxLength": 512,
      "pattern": "^(?![\\u00ad\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180f\\u200b-\\u200f\\u202a-\\u202e\\u2060-\\u206f\\u2800\\u3164\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffb]*$)[^\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f-\\u009f]*$",
      "required": true
    }
  },
  "Login": {
    "email": {
      "maxLength": 254,
      "pattern": "^(?=[^@]{1,64}@)[!#-'*+\\-/-9=?A-Z^-~]+(?:\\.[!#-'*+\\-/-9=?A-Z^-~]+)*@[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?(?:\\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)+$",
      "required": true
    },
    "password": {
      "minLength": 1,
      "maxLength": 128,
      "pattern": "^(?![\\u00ad\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180f\\u200b-\\u200f\\u202a-\\u202e\\u2060-\\u206f\\u2800\\u3164\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffb]*$)[^\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f-\\u009f]*$",
      "required": true
    },
    "code": {
      "minLength": 1,
      "maxLength": 64,
      "pattern": "^(?![\\u00ad\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180f\\u200b-\\u200f\\u202a-\\u202e\\u2060-\\u206f\\u2800\\u3164\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffb]*$)[^\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f-\\u009f]*$"
    }
  },
  "ManualGrant": {
    "user_id": {
      "required": true
    },
    "amount": {
      "pattern": "^(?!0+(?:\\.0+)?$)(?:(?:0|[1-9]\\d{0,8})(?:\\.\\d{1,6})?|10{9}(?:\\.0{1,6})?)$",
      "required": true
    },
    "reason": {
      "minLength": 1,
      "maxLength": 500,
      "pattern": "^(?![\\s\\u00ad\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180f\\u200b-\\u200f\\u202a-\\u202e\\u2060-\\u206f\\u2800\\u3164\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffb]*$)[^\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f-\\u009f]*$",
      "required": true
    },
    "expires_in_days": {
      "minimum": 1,
      "maximum": 3650
    }
  },
  "ModelUpdate": {
    "display_name": {
      "minLength": 1,
      "maxLength": 100,
      "pattern": "^(?![\\s\\u00ad\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180f\\u200b-\\u200f\\u202a-\\u202e\\u2060-\\u206f\\u2800\\u3164\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffb]*$)[^\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f-\\u009f\\t\\n\\r\\u2028\\u2029\\u202a-\\u202e\\u2066-\\u2069]*$"
    },
    "units_per_image": {
      "pattern": "^(?!0+(?:\\.0+)?$)(?:(?:0|[1-9]\\d{0,8})(?:\\.\\d{1,6})?|10{9}(?:\\.0{1,6})?)$"
    },
    "aspect_ratios": {
      "minItems": 1,
      "maxItems": 100
    },
    "output_formats": {
      "minItems": 1,
      "maxItems": 100
    },
    "style_presets": {
      "maxItems": 100
    },
    "prompt_max_chars": {
      "minimum": 1,
      "maximum": 10000
    },
    "prompt_languages": {
      "minItems": 1,
      "maxItems": 100
    },
    "run_seconds_max": {
      "minimum": 1,
      "maximum": 600
    },
    "reason": {
      "minLength": 1,
      "maxLength": 500,
      "pattern": "^(?![\\s\\u00ad\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180f\\u200b-\\u200f\\u202a-\\u202e\\u2060-\\u206f\\u2800\\u3164\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffb]*$)[^\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f-\\u009f]*$",
      "required": true
    }
  },
  "NewModel": {
    "provider": {
      "minLength": 1,
      "maxLength": 64,
      "pattern": "^(?![\\s\\u00ad\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180f\\u200b-\\u200f\\u202a-\\u202e\\u2060-\\u206f\\u2800\\u3164\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffb]*$)[^\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f-\\u009f]*$",
      "required": true
    },
    "wire_name": {
      "minLength": 1,
      "maxLength": 64,
      "pattern": "^[A-Za-z0-9._-]+$",
      "required": true
    },
    "display_name": {
      "minLength": 1,
      "maxLength": 100,
      "pattern": "^(?![\\s\\u00ad\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180f\\u200b-\\u200f\\u202a-\\u202e\\u2060-\\u206f\\u2800\\u3164\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffb]*$)[^\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f-\\u009f\\t\\n\\r\\u2028\\u2029\\u202a-\\u202e\\u2066-\\u2069]*$",
      "required": true
    },
    "units_per_image": {
      "pattern": "^(?!0+(?:\\.0+)?$)(?:(?:0|[1-9]\\d{0,8})(?:\\.\\d{1,6})?|10{9}(?:\\.0{1,6})?)$",
      "required": true
    },
    "aspect_ratios": {
      "minItems": 1,
      "maxItems": 100,
      "required": true
    },
    "output_formats": {
      "minItems": 1,
      "maxItems": 100,
      "required": true
    },
    "style_presets": {
      "maxItems": 100
    },
    "prompt_max_chars": {
      "minimum": 1,
      "maximum": 10000,
      "required": true
    },
    "prompt_languages": {
      "minItems": 1,
      "maxItems": 100,
      "required": true
    },
    "run_seconds_max": {
      "minimum": 1,
      "maximum": 600
    },
    "reason": {
      "minLength": 1,
      "maxLength": 500,
      "pattern": "^(?![\\s\\u00ad\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180f\\u200b-\\u200f\\u202a-\\u202e\\u2060-\\u206f\\u2800\\u3164\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffb]*$)[^\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f-\\u009f]*$",
      "required": true
    }
  },
  "NewPreset": {
    "name": {
      "minLength": 1,
      "maxLength": 100,
      "pattern": "^(?![\\s\\u00ad\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180f\\u200b-\\u200f\\u202a-\\u202e\\u2060-\\u206f\\u2800\\u3164\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffb]*$)[^\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f-\\u009f\\t\\n\\r\\u2028\\u2029\\u202a-\\u202e\\u2066-\\u2069]*$",
      "required": true
    },
    "params": {
      "required": true
    },
    "position": {
      "minimum": 0,
      "maximum": 99
    }
  },
  "OwnerStatusUpdate": {
    "status": {
      "required": true
    }
  },
  "PasswordOnly": {
    "password": {
      "minLength": 1,
      "maxLength": 128,
      "pattern": "^(?![\\u00ad\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180f\\u200b-\\u200f\\u202a-\\u202e\\u2060-\\u206f\\u2800\\u3164\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffb]*$)[^\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f-\\u009f]*$",
      "required": true
    }
  },
  "PasswordUpdate": {
    "current": {
      "minLength": 1,
      "maxLength": 128,
      "pattern": "^(?![\\u00ad\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180f\\u200b-\\u200f\\u202a-\\u202e\\u2060-\\u206f\\u2800\\u3164\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffb]*$)[^\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f-\\u009f]*$",
      "required": true
    },
    "new": {
      "minLength": 12,
      "maxLength": 128,
      "pattern": "^(?:[\\u00ad\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180f\\u200b-\\u200f\\u202a-\\u202e\\u2060-\\u206f\\u2800\\u3164\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffb]*[^\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f-\\u009f\\u00ad\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180f\\u200b-\\u200f\\u202a-\\u202e\\u2060-\\u206f\\u2800\\u3164\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffb]){12}[^\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f-\\u009f]*$",
      "required": true
    }
  },
  "PolicyUpdate": {
    "policy": {
      "required": true
    },
    "evidence": {
      "minLength": 1,
      "maxLength": 2000,
      "pattern": "^(?![\\s\\u00ad\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180f\\u200b-\\u200f\\u202a-\\u202e\\u2060-\\u206f\\u2800\\u3164\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffb]*$)[^\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f-\\u009f]*$",
      "required": true
    },
    "reviewed_at": {
      "required": true
    },
    "reference_price": {
      "pattern": "^(?!0+(?:\\.0+)?$)(?:(?:0|[1-9]\\d{0,8})(?:\\.\\d{1,6})?|10{9}(?:\\.0{1,6})?)$"
    },
    "reason": {
      "minLength": 1,
      "maxLength": 500,
      "pattern": "^(?![\\s\\u00ad\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180f\\u200b-\\u200f\\u202a-\\u202e\\u2060-\\u206f\\u2800\\u3164\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffb]*$)[^\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f-\\u009f]*$"
    }
  },
  "PresetUpdate": {
    "name": {
      "minLength": 1,
      "maxLength": 100,
      "pattern": "^(?![\\s\\u00ad\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180f\\u200b-\\u200f\\u202a-\\u202e\\u2060-\\u206f\\u2800\\u3164\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffb]*$)[^\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f-\\u009f\\t\\n\\r\\u2028\\u2029\\u202a-\\u202e\\u2066-\\u2069]*$"
    },
    "position": {
      "minimum": 0,
      "maximum": 99
    }
  },
  "ProfileUpdate": {
    "display_name": {
      "minLength": 1,
      "maxLength": 100,
      "pattern": "^(?![\\s\\u00ad\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180f\\u200b-\\u200f\\u202a-\\u202e\\u2060-\\u206f\\u2800\\u3164\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffb]*$)[^\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f-\\u009f\\t\\n\\r\\u2028\\u2029\\u202a-\\u202e\\u2066-\\u2069]*$"
    },
    "credits_low_at": {
      "pattern": "^(?:(?:0|[1-9]\\d{0,8})(?:\\.\\d{1,6})?|10{9}(?:\\.0{1,6})?)$"
    }
  },
  "ReasonOnly": {
    "reason": {
      "minLength": 1,
      "maxLength": 500,
      "pattern": "^(?![\\s\\u00ad\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180f\\u200b-\\u200f\\u202a-\\u202e\\u2060-\\u206f\\u2800\\u3164\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffb]*$)[^\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f-\\u009f]*$",
      "required": true
    }
  },
  "RefreshRequest": {
    "refresh_token": {
      "minLength": 1,
      "maxLength": 512,
      "pattern": "^(?![\\u00ad\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180f\\u200b-\\u200f\\u202a-\\u202e\\u2060-\\u206f\\u2800\\u3164\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffb]*$)[^\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f-\\u009f]*$",
      "required": true
    }
  },
  "Registration": {
    "email": {
      "maxLength": 254,
      "pattern": "^(?=[^@]{1,64}@)[!#-'*+\\-/-9=?A-Z^-~]+(?:\\.[!#-'*+\\-/-9=?A-Z^-~]+)*@[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?(?:\\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)+$",
      "required": true
    },
    "password": {
      "minLength": 12,
      "maxLength": 128,
      "pattern": "^(?:[\\u00ad\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180f\\u200b-\\u200f\\u202a-\\u202e\\u2060-\\u206f\\u2800\\u3164\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffb]*[^\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f-\\u009f\\u00ad\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180f\\u200b-\\u200f\\u202a-\\u202e\\u2060-\\u206f\\u2800\\u3164\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffb]){12}[^\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f-\\u009f]*$",
      "required": true
    },
    "display_name": {
      "minLength": 1,
      "maxLength": 100,
      "pattern": "^(?![\\s\\u00ad\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180f\\u200b-\\u200f\\u202a-\\u202e\\u2060-\\u206f\\u2800\\u3164\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffb]*$)[^\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f-\\u009f\\t\\n\\r\\u2028\\u2029\\u202a-\\u202e\\u2066-\\u2069]*$"
    }
  },
  "ResourceStatusUpdate": {
    "status": {
      "required": true
    },
    "reason": {
      "minLength": 1,
      "maxLength": 500,
      "pattern": "^(?![\\s\\u00ad\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180f\\u200b-\\u200f\\u202a-\\u202e\\u2060-\\u206f\\u2800\\u3164\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffb]*$)[^\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f-\\u009f]*$",
      "required": true
    }
  },
  "ResourceUpdate": {
    "name": {
      "minLength": 1,
      "maxLength": 100,
      "pattern": "^(?![\\s\\u00ad\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180f\\u200b-\\u200f\\u202a-\\u202e\\u2060-\\u206f\\u2800\\u3164\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffb]*$)[^\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f-\\u009f\\t\\n\\r\\u2028\\u2029\\u202a-\\u202e\\u2066-\\u2069]*$"
    },
    "price_per_unit": {
      "pattern": "^(?!0+(?:\\.0+)?$)(?:(?:0|[1-9]\\d{0,8})(?:\\.\\d{1,6})?|10{9}(?:\\.0{1,6})?)$"
    },
    "daily_limit": {
      "pattern": "^(?!0+(?:\\.0+)?$)(?:(?:0|[1-9]\\d{0,8})(?:\\.\\d{1,6})?|10{9}(?:\\.0{1,6})?)$"
    },
    "monthly_limit": {
      "pattern": "^(?!0+(?:\\.0+)?$)(?:(?:0|[1-9]\\d{0,8})(?:\\.\\d{1,6})?|10{9}(?:\\.0{1,6})?)$"
    },
    "concurrency_limit": {
      "minimum": 1,
      "maximum": 1000
    },
    "rpm_limit": {
      "minimum": 0,
      "maximum": 1000000
    }
  },
  "RolesUpdate": {
    "roles": {
      "required": true
    },
    "reason": {
      "minLength": 1,
      "maxLength": 500,
      "pattern": "^(?![\\s\\u00ad\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180f\\u200b-\\u200f\\u202a-\\u202e\\u2060-\\u206f\\u2800\\u3164\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffb]*$)[^\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f-\\u009f]*$",
      "required": true
    }
  },
  "StrikeLimit": {
    "limit": {
      "minimum": 1,
      "maximum": 1000000
    },
    "reason": {
      "minLength": 1,
      "maxLength": 500,
      "pattern": "^(?![\\s\\u00ad\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180f\\u200b-\\u200f\\u202a-\\u202e\\u2060-\\u206f\\u2800\\u3164\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffb]*$)[^\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f-\\u009f]*$",
      "required": true
    }
  },
  "TaskMarks": {},
  "TextToImage": {
    "prompt": {
      "minLength": 1,
      "maxLength": 10000,
      "pattern": "^(?![\\s\\u00ad\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180f\\u200b-\\u200f\\u202a-\\u202e\\u2060-\\u206f\\u2800\\u3164\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffb]*$)[^\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f-\\u009f]*$",
      "required": true
    },
    "negative_prompt": {
      "minLength": 0,
      "maxLength": 10000,
      "pattern": "^(?!\\s*[\\u00ad\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180f\\u200b-\\u200f\\u202a-\\u202e\\u2060-\\u206f\\u2800\\u3164\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffb][\\s\\u00ad\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180f\\u200b-\\u200f\\u202a-\\u202e\\u2060-\\u206f\\u2800\\u3164\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffb]*$)[^\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f-\\u009f]*$"
    },
    "model": {
      "minLength": 1,
      "maxLength": 100,
      "pattern": "^(?![\\s\\u00ad\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180f\\u200b-\\u200f\\u202a-\\u202e\\u2060-\\u206f\\u2800\\u3164\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffb]*$)[^\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f-\\u009f]*$"
    },
    "aspect_ratio": {
      "minLength": 1,
      "maxLength": 20,
      "pattern": "^(?![\\s\\u00ad\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180f\\u200b-\\u200f\\u202a-\\u202e\\u2060-\\u206f\\u2800\\u3164\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffb]*$)[^\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f-\\u009f]*$"
    },
    "seed": {
      "minimum": 0,
      "maximum": 4294967294
    },
    "style_preset": {
      "minLength": 1,
      "maxLength": 100,
      "pattern": "^(?![\\s\\u00ad\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180f\\u200b-\\u200f\\u202a-\\u202e\\u2060-\\u206f\\u2800\\u3164\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffb]*$)[^\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f-\\u009f]*$"
    },
    "max_credits": {
      "pattern": "^(?!0+(?:\\.0+)?$)(?:(?:0|[1-9]\\d{0,8})(?:\\.\\d{1,6})?|10{9}(?:\\.0{1,6})?)$"
    },
    "end_user": {
      "minLength": 1,
      "maxLength": 128,
      "pattern": "^(?![\\s\\u00ad\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180f\\u200b-\\u200f\\u202a-\\u202e\\u2060-\\u206f\\u2800\\u3164\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffb]*$)[^\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f-\\u009f]*$"
    },
    "deadline_seconds": {
      "minimum": 10,
      "maximum": 3600
    }
  },
  "TicketRequest": {},
  "TotpRemoval": {
    "password": {
      "minLength": 1,
      "maxLength": 128,
      "pattern": "^(?![\\u00ad\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180f\\u200b-\\u200f\\u202a-\\u202e\\u2060-\\u206f\\u2800\\u3164\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffb]*$)[^\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f-\\u009f]*$",
      "required": true
    },
    "code": {
      "minLength": 1,
      "maxLength": 64,
      "pattern": "^(?![\\u00ad\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180f\\u200b-\\u200f\\u202a-\\u202e\\u2060-\\u206f\\u2800\\u3164\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffb]*$)[^\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f-\\u009f]*$",
      "required": true
    }
  },
  "UserStatusUpdate": {
    "status": {
      "required": true
    },
    "reason": {
      "minLength": 1,
      "maxLength": 500,
      "pattern": "^(?![\\s\\u00ad\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180f\\u200b-\\u200f\\u202a-\\u202e\\u2060-\\u206f\\u2800\\u3164\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffb]*$)[^\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f-\\u009f]*$",
      "required": true
    }
  },
  "WorkerDrain": {
    "drain": {
      "required": true
    },
    "reason": {
      "minLength": 1,
      "maxLength": 500,
      "pattern": "^(?![\\s\\u00ad\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180f\\u200b-\\u200f\\u202a-\\u202e\\u2060-\\u206f\\u2800\\u3164\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffb]*$)[^\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f-\\u009f]*$",
      "required": true
    }
  }
} as const
