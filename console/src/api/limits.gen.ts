// Written by scripts/limits.mjs from openapi.json.

/** What the API accepts in the fields of request bodies, so that forms say it before it refuses. */
export const limits = {
  "Connection": {
    "provider": {
      "minLength": 1,
      "maxLength": 50,
      "required": true
    },
    "api_key": {
      "minLength": 1,
      "maxLength": 512,
      "required": true
    },
    "name": {
      "minLength": 1,
      "maxLength": 100,
      "required": true
    },
    "price_per_unit": {
      "pattern": "^\\d+(\\.\\d{1,6})?$",
      "required": true
    },
    "daily_limit": {
      "pattern": "^\\d+(\\.\\d{1,6})?$"
    },
    "monthly_limit": {
      "pattern": "^\\d+(\\.\\d{1,6})?$"
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
  "KeyQuestion": {
    "provider": {
      "minLength": 1,
      "maxLength": 50,
      "required": true
    },
    "api_key": {
      "minLength": 1,
      "maxLength": 512,
      "required": true
    }
  },
  "Login": {
    "email": {
      "maxLength": 254,
      "required": true
    },
    "password": {
      "minLength": 1,
      "maxLength": 128,
      "required": true
    }
  },
  "ManualGrant": {
    "user_id": {
      "required": true
    },
    "amount": {
      "pattern": "^\\d+(\\.\\d{1,6})?$",
      "required": true
    },
    "reason": {
      "minLength": 1,
      "maxLength": 500,
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
      "maxLength": 100
    },
    "units_per_image": {
      "pattern": "^\\d+(\\.\\d{1,6})?$"
    },
    "reason": {
      "minLength": 1,
      "maxLength": 500,
      "required": true
    }
  },
  "NewModel": {
    "provider": {
      "minLength": 1,
      "maxLength": 64,
      "required": true
    },
    "wire_name": {
      "minLength": 1,
      "maxLength": 64,
      "required": true
    },
    "display_name": {
      "minLength": 1,
      "maxLength": 100,
      "required": true
    },
    "units_per_image": {
      "pattern": "^\\d+(\\.\\d{1,6})?$",
      "required": true
    },
    "aspect_ratios": {
      "required": true
    },
    "output_formats": {
      "required": true
    },
    "prompt_max_chars": {
      "required": true
    },
    "prompt_languages": {
      "required": true
    },
    "reason": {
      "minLength": 1,
      "maxLength": 500,
      "required": true
    }
  },
  "NewPreset": {
    "name": {
      "minLength": 1,
      "maxLength": 100,
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
  "PasswordUpdate": {
    "current": {
      "minLength": 1,
      "maxLength": 128,
      "required": true
    },
    "new": {
      "minLength": 12,
      "maxLength": 128,
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
      "required": true
    },
    "reviewed_at": {
      "required": true
    },
    "reference_price": {
      "pattern": "^\\d+(\\.\\d{1,6})?$"
    },
    "reason": {
      "minLength": 1,
      "maxLength": 500
    }
  },
  "PresetUpdate": {
    "name": {
      "minLength": 1,
      "maxLength": 100
    },
    "position": {
      "minimum": 0,
      "maximum": 99
    }
  },
  "ProfileUpdate": {
    "display_name": {
      "minLength": 1,
      "maxLength": 100
    },
    "credits_low_at": {
      "pattern": "^-?\\d+(\\.\\d{1,6})?$"
    }
  },
  "ReasonOnly": {
    "reason": {
      "minLength": 1,
      "maxLength": 500,
      "required": true
    }
  },
  "RefreshRequest": {
    "refresh_token": {
      "minLength": 1,
      "maxLength": 512,
      "required": true
    }
  },
  "Registration": {
    "email": {
      "maxLength": 254,
      "required": true
    },
    "password": {
      "minLength": 12,
      "maxLength": 128,
      "required": true
    },
    "display_name": {
      "minLength": 1,
      "maxLength": 100
    }
  },
  "ResourceStatusUpdate": {
    "status": {
      "required": true
    },
    "reason": {
      "minLength": 1,
      "maxLength": 500,
      "required": true
    }
  },
  "ResourceUpdate": {
    "name": {
      "minLength": 1,
      "maxLength": 100
    },
    "price_per_unit": {
      "pattern": "^\\d+(\\.\\d{1,6})?$"
    },
    "daily_limit": {
      "pattern": "^\\d+(\\.\\d{1,6})?$"
    },
    "monthly_limit": {
      "pattern": "^\\d+(\\.\\d{1,6})?$"
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
      "required": true
    }
  },
  "TaskMarks": {},
  "TextToImage": {
    "prompt": {
      "minLength": 1,
      "maxLength": 10000,
      "required": true
    },
    "negative_prompt": {
      "minLength": 0,
      "maxLength": 10000
    },
    "model": {
      "minLength": 1,
      "maxLength": 100
    },
    "aspect_ratio": {
      "minLength": 1,
      "maxLength": 20
    },
    "seed": {
      "minimum": 0,
      "maximum": 4294967294
    },
    "style_preset": {
      "minLength": 1,
      "maxLength": 100
    },
    "max_credits": {
      "pattern": "^\\d+(\\.\\d{1,6})?$"
    },
    "end_user": {
      "minLength": 1,
      "maxLength": 128
    },
    "deadline_seconds": {
      "minimum": 10,
      "maximum": 3600
    }
  },
  "UserStatusUpdate": {
    "status": {
      "required": true
    },
    "reason": {
      "minLength": 1,
      "maxLength": 500,
      "required": true
    }
  }
} as const
